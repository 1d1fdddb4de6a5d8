import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from '@mui/material';
import { ReactNode, useId } from 'react';

/** Asks again before something that cannot be taken back. The first button in order does nothing. */
export function Confirm(props: {
  open: boolean;
  title: string;
  children: ReactNode;
  /** What is done, as a verb. */
  action: string;
  disabled?: boolean;
  /** Of the button that acts: by default that of danger. */
  color?: 'primary' | 'error';
  onConfirm(): void;
  onClose(): void;
}) {
  const title = useId();
  return (
    <Dialog open={props.open} onClose={props.onClose} aria-labelledby={title}>
      <DialogTitle id={title}>{props.title}</DialogTitle>
      <DialogContent>{props.children}</DialogContent>
      <DialogActions>
        <Button onClick={props.onClose}>Back</Button>
        <Button
          variant="contained"
          color={props.color ?? 'error'}
          disabled={props.disabled}
          onClick={() => {
            props.onClose();
            props.onConfirm();
          }}
        >
          {props.action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
