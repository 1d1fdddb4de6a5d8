import down from '@iconify/icons-mdi/chevron-down';
import right from '@iconify/icons-mdi/chevron-right';
import { Icon } from '@iconify/react';
import { Box, Button, IconButton, Typography } from '@mui/material';
import { ReactNode, useState } from 'react';
import { useAddress } from '../../show/address';
import { count } from '../../show/Figure';
import { isOpen, Node, visible } from './nodes';

/** The hierarchy, of which a node can be chosen: the address names it. */
export function Tree({ top, customers }: { top: Node[]; customers: number }) {
  const [at, setAt] = useAddress('at');
  const [open, setOpen] = useState(new Set(top.map(node => node.path)));
  const toggle = (path: string) => {
    const next = new Set(open);
    if (!next.delete(path)) {
      next.add(path);
    }
    setOpen(next);
  };
  return (
    <nav aria-label="Hierarchy">
      <Box component="ul" sx={{ listStyle: 'none', p: 0, m: 0 }}>
        <Line name="All" depth={0} chosen={at === ''} choose={() => setAt('')}>
          {count(customers, 'customer')}
        </Line>
        {visible(top, open, at).map(({ node, depth }) => (
          <Line
            key={node.path}
            name={node.name}
            depth={depth + 1}
            chosen={at === node.path}
            choose={() => setAt(node.path)}
            open={node.below.length > 0 ? isOpen(node, open, at) : undefined}
            toggle={() => toggle(node.path)}
          >
            {count(node.customers, 'customer')}
            {node.attention > 0 && `, ${node.attention.toLocaleString()} to see to`}
          </Line>
        ))}
      </Box>
    </nav>
  );
}

function Line(props: {
  name: string;
  depth: number;
  chosen: boolean;
  choose(): void;
  /** Undefined has nothing below. */
  open?: boolean;
  toggle?(): void;
  children: ReactNode;
}) {
  return (
    <Box component="li" sx={{ display: 'flex', alignItems: 'center', flexWrap: 'wrap' }}>
      <Box sx={{ width: 34 + 18 * props.depth, flexShrink: 0, textAlign: 'right' }}>
        {props.open !== undefined && (
          <IconButton
            size="small"
            aria-expanded={props.open}
            aria-label={`Below ${props.name}`}
            onClick={props.toggle}
          >
            <Icon icon={props.open ? down : right} />
          </IconButton>
        )}
      </Box>
      <Button
        size="small"
        color="inherit"
        aria-current={props.chosen || undefined}
        onClick={props.choose}
        sx={{
          textTransform: 'none',
          overflowWrap: 'anywhere',
          fontWeight: props.chosen ? 'bold' : 'normal',
          textDecoration: props.chosen ? 'underline' : 'none',
        }}
      >
        <bdi>{props.name}</bdi>
      </Button>
      <Typography variant="body2" color="text.secondary" component="span">
        {props.children}
      </Typography>
    </Box>
  );
}
