import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';

/** What is known of one thing, as names and values. Facts without a value are left out. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr', sm: 'minmax(9rem, 14rem) 1fr' },
        columnGap: 2,
        rowGap: { xs: 0, sm: 0.75 },
        m: 0,
        mb: 2,
      }}
    >
      {facts
        .filter(
          ([, value]) => value !== undefined && value !== null && value !== false && value !== ''
        )
        .map(([name, value]) => (
          <Box key={name} sx={{ display: 'contents' }}>
            <Typography component="dt" variant="body2" color="text.secondary">
              {name}
            </Typography>
            <Typography
              component="dd"
              variant="body2"
              sx={{ m: 0, mb: { xs: 1, sm: 0 }, overflowWrap: 'anywhere', minWidth: 0 }}
            >
              {value}
            </Typography>
          </Box>
        ))}
    </Box>
  );
}
