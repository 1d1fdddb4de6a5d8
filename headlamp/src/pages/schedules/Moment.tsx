import { Button, Chip, FormHelperText, Stack, TextField } from '@mui/material';
import { useState } from 'react';
import { Text } from '../../show/Text';
import { readable } from './readable';
import { joined, offsetOf, parts } from './when';

interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
  fault?: string;
  hint?: string;
}

/** The offset that the browser's clock has at a local time. */
function ownOffset(local: string): string {
  return offsetOf((local ? new Date(local) : new Date()).getTimezoneOffset());
}

/** A date and time with its offset from UTC, so that it means the same to all. */
export function Moment({ label, value, onChange, fault, hint }: Props) {
  const { local } = parts(value);
  const [offset, setOffset] = useState(parts(value).offset);
  const shown = offset || ownOffset(local);
  return (
    <Stack
      direction="row"
      spacing={1}
      alignItems="flex-start"
      sx={{ flex: '1 1 20rem', minWidth: 0 }}
    >
      <TextField
        size="small"
        type="datetime-local"
        label={label}
        value={local}
        onChange={event =>
          onChange(joined(event.target.value, offset || ownOffset(event.target.value)))
        }
        InputLabelProps={{ shrink: true }}
        inputProps={{ max: '9999-12-31T23:59' }}
        error={fault !== undefined}
        helperText={fault ?? hint}
        sx={{ flex: '1 1 11rem', minWidth: 0, ...readable }}
      />
      <TextField
        size="small"
        label="Offset"
        value={shown}
        onChange={event => {
          setOffset(event.target.value);
          onChange(joined(local, event.target.value));
        }}
        inputProps={{ 'aria-label': `${label}: offset from UTC, such as +01:00` }}
        sx={{ width: '6.5rem' }}
      />
    </Stack>
  );
}

/** Single times, to add to and take from. */
export function Moments(props: {
  times: string[];
  onChange(times: string[]): void;
  fault?: string;
}) {
  const { times, onChange, fault } = props;
  const [next, setNext] = useState('');
  return (
    <Stack spacing={1}>
      <Stack direction="row" useFlexGap flexWrap="wrap" spacing={1}>
        {times.map((time, i) => (
          <Chip
            key={`${i} ${time}`}
            label={<Text>{time}</Text>}
            onDelete={() => onChange(times.filter((_, other) => other !== i))}
          />
        ))}
      </Stack>
      <Stack direction="row" spacing={1} useFlexGap flexWrap="wrap" alignItems="flex-start">
        <Moment label="Date and time" value={next} onChange={setNext} />
        <Button
          variant="outlined"
          disabled={next === ''}
          onClick={() => {
            onChange([...times, next]);
            setNext('');
          }}
        >
          Add
        </Button>
      </Stack>
      {fault && (
        <FormHelperText error sx={{ color: 'text.primary' }}>
          {fault}
        </FormHelperText>
      )}
    </Stack>
  );
}
