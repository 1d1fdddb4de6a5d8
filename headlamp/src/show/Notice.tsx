import { Alert, AlertProps } from '@mui/material';

/** A notice that can be read in each of Headlamp's themes, whose own text of alerts is too dark in the dark one. */
export function Notice({ sx, ...props }: AlertProps) {
  return (
    <Alert {...props} sx={{ color: 'text.primary', overflowWrap: 'anywhere', ...(sx as object) }} />
  );
}
