import { Box, Typography } from '@mui/material';
import { ReactNode, useId } from 'react';

/** A part of a page, below its title. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <Box component="section" aria-labelledby={id} sx={{ px: { xs: 1, sm: 2 }, mt: 3 }}>
      <Typography id={id} component="h2" variant="h6" gutterBottom>
        {title}
      </Typography>
      {children}
    </Box>
  );
}
