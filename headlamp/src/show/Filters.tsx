import { Autocomplete, createFilterOptions, MenuItem, Stack, TextField } from '@mui/material';
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

// A list of thousands would take a second to open. Who writes a letter sees others.
const fewOptions = createFilterOptions<string>({ limit: 100 });

/** One of many names, which can be searched, kept in the address under a name. */
export function Pick(props: { name: string; label: string; options: string[] }) {
  const [value, setValue] = useAddress(props.name);
  return (
    <Autocomplete
      size="small"
      options={props.options}
      filterOptions={fewOptions}
      value={value || null}
      // What the address names need not be there yet.
      isOptionEqualToValue={() => true}
      onChange={(_, next) => setValue(next ?? '')}
      renderOption={(attributes, option) => (
        <li {...attributes} key={option} style={{ overflowWrap: 'anywhere' }}>
          <bdi>{option}</bdi>
        </li>
      )}
      renderInput={parameters => <TextField {...parameters} label={props.label} />}
      sx={{ width: { xs: 160, sm: 190 } }}
    />
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
