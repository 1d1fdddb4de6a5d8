import { Button, FormHelperText, Stack, TextField } from '@mui/material';
import { useState } from 'react';
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
  const { local, offset } = parts(value);
  // What was written before there is a date.
  const [early, setEarly] = useState('');
  const at = (date: string) => offset || early || ownOffset(date);
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
        onChange={event => onChange(joined(event.target.value, at(event.target.value)))}
        InputLabelProps={{ shrink: true }}
        inputProps={{ max: '9999-12-31T23:59' }}
        error={fault !== undefined}
        helperText={fault ?? hint}
        sx={{ flex: '1 1 11rem', minWidth: 0, ...readable }}
      />
      <Offset
        label={label}
        value={at(local)}
        onChange={written => {
          setEarly(written);
          onChange(joined(local, written));
        }}
      />
    </Stack>
  );
}

/** An offset takes effect once it is whole: half of one would take the date away. */
function Offset(props: { label: string; value: string; onChange(offset: string): void }) {
  const [written, setWritten] = useState<string | null>(null);
  return (
    <TextField
      size="small"
      label="Offset"
      value={written ?? props.value}
      onChange={({ target: { value } }) => {
        setWritten(value);
        if (/^[+-]\d\d:\d\d$/.test(value)) {
          props.onChange(value);
        }
      }}
      onBlur={() => setWritten(null)}
      inputProps={{ 'aria-label': `${props.label}: offset from UTC, such as +01:00` }}
      sx={{ width: '6.5rem' }}
    />
  );
}

/** Single times, each in a line of its own. */
export function Moments(props: {
  times: string[];
  onChange(times: string[]): void;
  fault?: string;
}) {
  const { onChange, fault } = props;
  const times = props.times.length > 0 ? props.times : [''];
  return (
    <Stack spacing={1} alignItems="flex-start">
      {times.map((time, i) => (
        <Stack
          key={i}
          direction="row"
          spacing={1}
          useFlexGap
          flexWrap="wrap"
          sx={{ width: '100%', maxWidth: '36rem' }}
        >
          <Moment
            label={times.length > 1 ? `Date and time ${i + 1}` : 'Date and time'}
            value={time}
            onChange={changed => onChange(times.map((other, j) => (j === i ? changed : other)))}
          />
          {times.length > 1 && (
            <Button
              aria-label={`Remove date and time ${i + 1}`}
              onClick={() => onChange(times.filter((_, other) => other !== i))}
            >
              Remove
            </Button>
          )}
        </Stack>
      ))}
      <Button variant="outlined" size="small" onClick={() => onChange([...times, ''])}>
        Add a time
      </Button>
      {fault && (
        <FormHelperText error sx={{ color: 'text.primary' }}>
          {fault}
        </FormHelperText>
      )}
    </Stack>
  );
}
