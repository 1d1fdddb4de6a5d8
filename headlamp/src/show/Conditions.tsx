import { AlertTitle, Box, Stack, Typography } from '@mui/material';
import type { Condition } from '../api/types';
import { needsAttention } from './condition';
import { Notice } from './Notice';
import { Text } from './Text';

/** Conditions with what to do: those that ask for a person first and large, the others as a list. */
export function Conditions({ of = [] }: { of: Condition[] | undefined }) {
  const asking = of.filter(needsAttention);
  const others = of.filter(one => !needsAttention(one));
  return (
    <Stack spacing={1}>
      {asking.map(one => (
        <Notice
          key={one.type}
          severity={one.type === 'Stalled' || one.type === 'Failed' ? 'error' : 'warning'}
        >
          <AlertTitle>
            {one.type}: {one.reason}
          </AlertTitle>
          <Text>{one.message}</Text>
        </Notice>
      ))}
      {of.length === 0 && <span>The operator has not looked at it yet.</span>}
      <Box component="ul" sx={{ listStyle: 'none', p: 0, m: 0 }}>
        {others.map(one => (
          <Typography
            key={one.type}
            component="li"
            variant="body2"
            sx={{ overflowWrap: 'anywhere' }}
          >
            {one.status === 'Unknown' ? '… ' : '✓ '}
            {one.type}: {one.reason}{' '}
            <Typography component="span" variant="body2" color="text.secondary">
              <Text>{one.message}</Text>
            </Typography>
          </Typography>
        ))}
      </Box>
    </Stack>
  );
}
