import { MenuItem, Stack, TextField } from '@mui/material';
import type { ReactNode } from 'react';
import { useAddress } from './address';

/** A word to look for, kept in the address as "find". */
export function Find({ label }: { label: string }) {
  const [find, setFind] = useAddress('find');
  return (
    <TextField
      size="small"
      type="search"
      label={label}
      value={find}
      onChange={event => setFind(event.target.value)}
    />
  );
}

/** One of several values, kept in the address under a name. */
export function Choice(props: {
  name: string;
  label: string;
  options: { value: string; label: string }[];
  /** What no choice is called. */
  all: string;
}) {
  const [value, setValue] = useAddress(props.name);
  const known = value === '' || props.options.some(option => option.value === value);
  return (
    <TextField
      select
      size="small"
      label={props.label}
      value={value}
      onChange={event => setValue(event.target.value)}
      sx={{ minWidth: 150 }}
      SelectProps={{ displayEmpty: true }}
      InputLabelProps={{ shrink: true }}
    >
      <MenuItem value="">{props.all}</MenuItem>
      {!known && <MenuItem value={value}>{value}</MenuItem>}
      {props.options.map(option => (
        <MenuItem key={option.value} value={option.value}>
          <bdi>{option.label}</bdi>
        </MenuItem>
      ))}
    </TextField>
  );
}

/** The filters of a page in one line, or several on a narrow screen. */
export function Filters({ children }: { children: ReactNode }) {
  return (
    <Stack
      direction="row"
      useFlexGap
      flexWrap="wrap"
      spacing={1.5}
      sx={{ mb: 1.5, alignItems: 'center' }}
    >
      {children}
    </Stack>
  );
}
