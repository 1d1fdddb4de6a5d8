import {
  Accordion,
  AccordionDetails,
  AccordionSummary,
  Checkbox,
  FormControlLabel,
  MenuItem,
  Stack,
  TextField,
} from '@mui/material';
import { useState } from 'react';
import type { Form } from './form';
import { FieldsProps, Row, Written } from './FormFields';

/** What most schedules leave as it is. Opens by itself if words are about a field in it. */
export function MoreFields(props: FieldsProps & { open: boolean }) {
  const { form, change, faults } = props;
  const [opened, setOpened] = useState(false);
  return (
    <Accordion
      variant="outlined"
      disableGutters
      TransitionProps={{ unmountOnExit: true }}
      expanded={opened || props.open}
      onChange={(_, open) => setOpened(open)}
    >
      <AccordionSummary>More {opened || props.open ? '−' : '+'}</AccordionSummary>
      <AccordionDetails>
        <Stack spacing={2}>
          <Row>
            <Written
              {...props}
              name="spreadSeconds"
              label="Spread over seconds"
              hint="So that not all customers start at once. Default: 0"
            />
            <Written
              {...props}
              name="startingDeadlineSeconds"
              label="Latest start, in seconds"
              hint="A later start is missed. Default: no limit"
            />
          </Row>
          <TextField
            select
            size="small"
            label="If the last run is unfinished"
            value={form.concurrencyPolicy}
            onChange={event =>
              change({ concurrencyPolicy: event.target.value as Form['concurrencyPolicy'] })
            }
            error={faults.concurrencyPolicy !== undefined}
            helperText={faults.concurrencyPolicy}
          >
            <MenuItem value="Forbid">Skip the start</MenuItem>
            <MenuItem value="Replace">Cancel that run</MenuItem>
          </TextField>
          <FormControlLabel
            control={
              <Checkbox
                checked={form.runOnActivation}
                onChange={(_, runOnActivation) => change({ runOnActivation })}
              />
            }
            label="Run once when it is created, or made active again"
          />
          <Row>
            <Written
              {...props}
              name="successfulRunsHistoryLimit"
              label="Completed runs to keep"
              hint="Of each customer. Default: 3"
            />
            <Written
              {...props}
              name="failedRunsHistoryLimit"
              label="Failed runs to keep"
              hint="Of each customer. Default: 1"
            />
          </Row>
        </Stack>
      </AccordionDetails>
    </Accordion>
  );
}
