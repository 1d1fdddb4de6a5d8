import { Box, Checkbox, Link, Paper, useMediaQuery, useTheme } from '@mui/material';
import {
  CSSProperties,
  memo,
  ReactNode,
  UIEvent,
  useCallback,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useAddress } from './address';
import { ordered, Value } from './order';

/** A column of a table. */
export interface Column<T> {
  id: string;
  header: string;
  /** What the column is sorted by and what a CSV has; undefined is unknown. */
  value(row: T): Value;
  /** What is shown; by default the value. */
  cell?(row: T): ReactNode;
  number?: boolean;
  /** Share of the width, in parts; by default 1. */
  parts?: number;
  /** Whether the column stays on a narrow screen. */
  narrow?: boolean;
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey(row: T): string;
  /** Sorts by this column at first: its id, with "-" before it for descending. */
  order?: string;
  /** Rows can be selected if there is an onSelect. Keys of rows that are gone may be among them. */
  selected?: Set<string>;
  onSelect?(selected: Set<string>): void;
  /** What to say if there is no row. */
  empty: ReactNode;
  /** The name of the order in the address, if a page has several tables. */
  name?: string;
  /** On a wide screen, scrolls to the side rather than be narrower: in pixels. */
  minWidth?: number;
}

/** Rows by the column that the address names: its id, with "-" before it for descending. */
export function inOrder<T>(rows: T[], columns: Column<T>[], by: string): T[] {
  const column = columns.find(({ id }) => id === by.replace(/^-/, ''));
  return column ? ordered(rows, row => column.value(row), by.startsWith('-')) : rows;
}

// All rows have one height, by which the table knows which of thousands are in sight.
const rowHeight = 44;
const rowsInSight = 14;
const spareRows = 8;
const numberWidth = 'minmax(5.9rem, 0.5fr)';

/**
 * A table of any length, of which only what is in sight is in the document. Headlamp's own table
 * takes more than a second for 10,000 rows.
 */
export function Table<T>(props: Props<T>) {
  const { rows, rowKey, selected, onSelect } = props;
  const theme = useTheme();
  const narrow = useMediaQuery(theme.breakpoints.down('md'));
  const columns = useMemo(
    () => props.columns.filter(column => !narrow || column.narrow),
    [props.columns, narrow]
  );
  const [order, setOrder] = useAddress(props.name ? `${props.name}-sort` : 'sort');
  const by = order || props.order || props.columns[0].id;
  const sorted = useMemo(() => inOrder(rows, props.columns, by), [rows, props.columns, by]);
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight), sorted.length) - spareRows);
  const shown = sorted.slice(first, first + rowsInSight + 2 * spareRows);
  const template = [
    ...(onSelect ? ['42px'] : []),
    ...columns.map(column => (column.number ? numberWidth : `minmax(0, ${column.parts ?? 1}fr)`)),
  ].join(' ');
  const latest = useRef(props);
  latest.current = props;
  const check = useCallback((key: string, checked: boolean) => {
    const next = new Set(latest.current.selected);
    if (checked) {
      next.add(key);
    } else {
      next.delete(key);
    }
    latest.current.onSelect?.(next);
  }, []);
  if (rows.length === 0) {
    return <Box sx={{ py: 2 }}>{props.empty}</Box>;
  }
  return (
    <Paper
      variant="outlined"
      // Only a focused region scrolls by keyboard.
      tabIndex={0}
      role="region"
      aria-label={`${props.label}, scrolls`}
      onScroll={(event: UIEvent<HTMLElement>) =>
        setTop(Math.floor(event.currentTarget.scrollTop / rowHeight) * rowHeight)
      }
      sx={{
        maxHeight: (rowsInSight + 1) * rowHeight,
        overflow: 'auto',
        overflowAnchor: 'none',
        typography: 'body2',
      }}
    >
      <div
        role="table"
        aria-label={props.label}
        aria-rowcount={sorted.length + 1}
        style={{ minWidth: narrow ? undefined : props.minWidth }}
      >
        <Box role="rowgroup" sx={{ position: 'sticky', top: 0, zIndex: 1 }}>
          <Box role="row" aria-rowindex={1} sx={headStyle} style={grid(template)}>
            {onSelect && (
              <div role="columnheader" style={cellStyle()}>
                <Checkbox
                  size="small"
                  inputProps={{ 'aria-label': `Select all of ${props.label}` }}
                  checked={rows.every(row => selected?.has(rowKey(row)))}
                  onChange={(_, all) => onSelect(new Set(all ? rows.map(rowKey) : []))}
                  sx={{ p: 0 }}
                />
              </div>
            )}
            {columns.map(column => (
              <HeadCell key={column.id} column={column} by={by} setOrder={setOrder} />
            ))}
          </Box>
        </Box>
        <div role="rowgroup" style={{ height: sorted.length * rowHeight, position: 'relative' }}>
          {shown.map((row, i) => {
            const key = rowKey(row);
            return (
              <BodyRow
                key={key}
                id={key}
                row={row}
                index={first + i}
                columns={columns as Column<unknown>[]}
                template={template}
                checked={onSelect && (selected?.has(key) ?? false)}
                onCheck={check}
              />
            );
          })}
        </div>
      </div>
    </Paper>
  );
}

function HeadCell<T>(props: { column: Column<T>; by: string; setOrder(order: string): void }) {
  const { column, by } = props;
  const sorted = by === column.id ? 'ascending' : by === `-${column.id}` ? 'descending' : 'none';
  return (
    <div
      role="columnheader"
      aria-sort={sorted}
      style={{ ...cellStyle(column.number), textOverflow: 'clip' }}
    >
      <Link
        component="button"
        type="button"
        underline="hover"
        color="inherit"
        sx={{ font: 'inherit', fontWeight: 'bold', verticalAlign: 'baseline' }}
        onClick={() => props.setOrder(sorted === 'ascending' ? `-${column.id}` : column.id)}
      >
        {column.header}
        {sorted === 'ascending' ? ' ↑' : sorted === 'descending' ? ' ↓' : ''}
      </Link>
    </div>
  );
}

interface BodyRowProps {
  id: string;
  row: unknown;
  index: number;
  columns: Column<unknown>[];
  template: string;
  checked?: boolean;
  onCheck(id: string, checked: boolean): void;
}

const BodyRow = memo(function BodyRow(props: BodyRowProps) {
  const { row, index, columns, template, checked } = props;
  return (
    <Box
      role="row"
      aria-rowindex={index + 2}
      sx={{ borderTop: 1, borderColor: 'divider', height: rowHeight, left: 0, right: 0 }}
      style={{ ...grid(template), position: 'absolute', top: index * rowHeight }}
    >
      {checked !== undefined && (
        <div role="cell" style={cellStyle()}>
          <Checkbox
            size="small"
            inputProps={{ 'aria-label': `Select ${columns[0].value(row) ?? props.id}` }}
            checked={checked}
            onChange={(_, now) => props.onCheck(props.id, now)}
            sx={{ p: 0 }}
          />
        </div>
      )}
      {columns.map(column => {
        const value = column.value(row);
        return (
          <div
            role="cell"
            key={column.id}
            style={column.number ? cellStyle(true) : textStyle}
            title={typeof value === 'string' ? value : undefined}
          >
            {column.cell ? column.cell(row) : <bdi>{value ?? '?'}</bdi>}
          </div>
        );
      })}
    </Box>
  );
});

const headStyle = { backgroundColor: 'background.paper', height: rowHeight };

function grid(template: string): CSSProperties {
  return { display: 'grid', gridTemplateColumns: template, alignItems: 'center' };
}

function cellStyle(number?: boolean): CSSProperties {
  return {
    padding: '0 8px',
    textAlign: number ? 'right' : 'left',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    fontVariantNumeric: number ? 'tabular-nums' : undefined,
  };
}

// A name has two lines in a row of the one height that all rows have.
const textStyle: CSSProperties = {
  ...cellStyle(),
  whiteSpace: 'normal',
  overflowWrap: 'anywhere',
  display: '-webkit-box',
  WebkitBoxOrient: 'vertical',
  WebkitLineClamp: 2,
  lineHeight: 1.4,
};
