import {
  Box,
  Checkbox,
  FormControlLabel,
  Radio,
  RadioGroup,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { ReactNode, useId, useState } from 'react';
import type { Snapshot } from '../../api/collection';
import type { Customer } from '../../api/resources';
import { selects } from '../../api/selector';
import { Reading } from '../../show/Reading';
import { Faults, Form, more, selectorOf } from './form';
import { Moment, Moments } from './Moment';
import { MoreFields } from './MoreFields';
import { readable } from './readable';
import { cronWords } from './when';

export interface FieldsProps {
  form: Form;
  faults: Faults;
  change(changed: Partial<Form>): void;
  customers: Snapshot<Customer>;
  /** Whether name and namespace stay as they are. */
  fixed: boolean;
}

/** All fields, in the order and with the words of VOSS Automate's schedules. */
export function FormFields(props: FieldsProps) {
  const { form, change, faults } = props;
  return (
    <Stack spacing={3}>
      <Names {...props} />
      <Who {...props} />
      <Group title="When">
        <Kind
          label="Use Specific Executions"
          checked={form.specific}
          onChange={specific => change({ specific })}
        >
          <Moments times={form.at} onChange={at => change({ at })} fault={faults.at} />
        </Kind>
        <Kind
          label="Use Calendar Executions"
          checked={form.calendar}
          onChange={calendar => change({ calendar })}
        >
          <Calendar {...props} />
        </Kind>
        <Kind
          label="Use Timed Executions"
          checked={form.timed}
          onChange={timed => change({ timed })}
        >
          <Row>
            <Written
              {...props}
              name="interval"
              label="Interval"
              hint="From 1m to 8760h, such as 6h or 1h30m"
            />
            <Moment
              label="First time"
              value={form.firstTime}
              onChange={firstTime => change({ firstTime })}
              fault={faults.firstTime}
              hint="Default: one interval from now"
            />
          </Row>
        </Kind>
      </Group>
      <Group title="Window">
        <Row>
          <Moment
            label="Not before"
            value={form.startTime}
            onChange={startTime => change({ startTime })}
            fault={faults.startTime}
          />
          <Moment
            label="Not after"
            value={form.endTime}
            onChange={endTime => change({ endTime })}
            fault={faults.endTime}
          />
        </Row>
      </Group>
      <MoreFields {...props} open={more.some(field => faults[field] !== undefined)} />
    </Stack>
  );
}

/** A text field of the form, with the words that are about it. */
export function Written(
  props: FieldsProps & { name: keyof Form; label: string; hint?: string; list?: string[] }
) {
  const { form, faults, change, name, label, hint, list } = props;
  const id = useId();
  // Hundreds of zones are in the document only while a person chooses.
  const [focused, setFocused] = useState(false);
  return (
    <>
      <TextField
        size="small"
        label={label}
        value={form[name]}
        onChange={event => change({ [name]: event.target.value })}
        error={faults[name] !== undefined}
        helperText={faults[name] ?? hint}
        inputProps={list && { list: id }}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        FormHelperTextProps={{ sx: { overflowWrap: 'anywhere' } }}
        sx={{ flex: '1 1 14rem', ...readable }}
      />
      {list && focused && (
        <datalist id={id}>
          {list.map(value => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
    </>
  );
}

function Names(props: FieldsProps) {
  const { form, change, customers, fixed } = props;
  const namespaces = [...new Set(customers.items.map(({ metadata }) => metadata.namespace))].sort();
  return (
    <Stack spacing={1}>
      {!fixed && (
        <Row>
          <Written
            {...props}
            name="name"
            label="Schedule name"
            hint="Small letters, digits and hyphens, such as nightly"
          />
          <Written {...props} name="namespace" label="Namespace" list={namespaces} />
        </Row>
      )}
      <FormControlLabel
        control={<Checkbox checked={form.active} onChange={(_, active) => change({ active })} />}
        label="Active"
      />
    </Stack>
  );
}

function Who(props: FieldsProps) {
  const { form, change, customers } = props;
  const there = customers.items.filter(({ metadata }) => metadata.namespace === form.namespace);
  const selector = selectorOf(form);
  const count =
    selector && there.filter(({ metadata }) => selects(selector, metadata.labels)).length;
  return (
    <Group title="Customers">
      <RadioGroup
        row
        aria-label="Customers"
        value={form.who}
        onChange={(_, who) => change({ who: who as Form['who'] })}
      >
        <FormControlLabel value="one" control={<Radio />} label="Single customer" />
        <FormControlLabel value="labels" control={<Radio />} label="Customers by label" />
        <FormControlLabel value="all" control={<Radio />} label="All customers" />
      </RadioGroup>
      {form.who === 'one' && (
        <Row>
          <Written
            {...props}
            name="customer"
            label="Customer"
            list={there.map(({ metadata }) => metadata.name).sort()}
          />
        </Row>
      )}
      {form.who === 'labels' && (
        <Row>
          <Written
            {...props}
            name="labels"
            label="Labels"
            hint="Such as tier=gold, region=eu: customers that have all of them, today and later"
          />
        </Row>
      )}
      {form.who === 'labels' && form.expressions && (
        <Typography variant="body2">
          Requirements of other forms ({form.expressions.length}) stay as they are.
        </Typography>
      )}
      {count !== undefined && <Reading of={customers} what="customers" />}
      {count !== undefined && customers.complete && (
        <Typography variant="body2" role="status">
          {count === 1 ? '1 customer' : `${count.toLocaleString()} customers`} right now, of{' '}
          {there.length.toLocaleString()} in the namespace.
        </Typography>
      )}
    </Group>
  );
}

function Calendar(props: FieldsProps) {
  const line = props.form.schedule;
  return (
    <Row>
      <Written
        {...props}
        name="schedule"
        label="Cron line"
        hint={
          (line && cronWords(line)) ||
          'Minute, hour, day of month, month, day of week, such as 30 2 * * *; or @daily'
        }
      />
      <Written
        {...props}
        name="timeZone"
        label="Execution time zone"
        hint="Such as Europe/Berlin. Default: Etc/UTC"
        list={zones()}
      />
    </Row>
  );
}

/** The zones that the browser knows. */
function zones(): string[] {
  const { supportedValuesOf } = Intl as { supportedValuesOf?(key: 'timeZone'): string[] };
  return ['Etc/UTC', ...(supportedValuesOf?.('timeZone') ?? [])];
}

function Kind(props: {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
  children: ReactNode;
}) {
  return (
    <Box>
      <FormControlLabel
        control={
          <Checkbox checked={props.checked} onChange={(_, checked) => props.onChange(checked)} />
        }
        label={props.label}
      />
      {props.checked && <Box sx={{ pl: { xs: 0, sm: 4 }, pt: 1 }}>{props.children}</Box>}
    </Box>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box component="fieldset" sx={{ border: 0, m: 0, p: 0, minWidth: 0 }}>
      <Typography component="legend" variant="subtitle1" sx={{ p: 0, mb: 1 }}>
        {title}
      </Typography>
      <Stack spacing={1}>{children}</Stack>
    </Box>
  );
}

/** Fields side by side, or below each other where it is narrow. */
export function Row({ children }: { children: ReactNode }) {
  return (
    <Stack direction="row" spacing={1} useFlexGap flexWrap="wrap">
      {children}
    </Stack>
  );
}
