import '../stories/setup';
import { cleanup, fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { show } from '../stories/show';
import { Stage } from '../stories/Stage';
import { Column, Table } from './Table';

interface Thing {
  name: string;
  units?: number;
}

const columns: Column<Thing>[] = [
  { id: 'name', header: 'Name', value: thing => thing.name, narrow: true },
  { id: 'units', header: 'Units', value: thing => thing.units, number: true },
];

const many = (n: number): Thing[] =>
  Array.from({ length: n }, (_, i) => ({
    name: `thing ${i}`,
    units: i === 7 ? undefined : i % 100,
  }));

function Things({ things, onSelect }: { things: Thing[]; onSelect?: (keys: string[]) => void }) {
  const [selected, setSelected] = useState(new Set<string>());
  return (
    <Table
      label="Things"
      columns={columns}
      rows={things}
      rowKey={thing => thing.name}
      selected={selected}
      onSelect={
        onSelect &&
        (keys => {
          setSelected(keys);
          onSelect([...keys]);
        })
      }
      empty="There is none."
    />
  );
}

const on = (things: Thing[], onSelect?: (keys: string[]) => void) =>
  show(
    <Stage>
      <Things things={things} onSelect={onSelect} />
    </Stage>
  );

/** The cells of the rows that are in the document, in their order on the screen. */
function cells(): string[][] {
  return screen
    .getAllByRole('row')
    .slice(1)
    .sort(
      (a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex'))
    )
    .map(row =>
      within(row)
        .getAllByRole('cell')
        .map(cell => cell.textContent ?? '')
    );
}

// A wide screen: all columns show.
beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({
    matches: false,
    addListener() {},
    removeListener() {},
    addEventListener() {},
    removeEventListener() {},
  }));
});
afterEach(cleanup);

describe('Table', () => {
  it('has only what is in sight in the document, and says how much there is', () => {
    on(many(10000));
    expect(cells().length).toBeLessThan(60);
    expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('10001');
    fireEvent.scroll(screen.getByRole('region'), { target: { scrollTop: 5000 * 44 } });
    expect(cells().map(([name]) => name)).toContain('thing 5000');
    expect(cells().length).toBeLessThan(60);
    fireEvent.scroll(screen.getByRole('region'), { target: { scrollTop: 10000 * 44 } });
    expect(cells().slice(-1)[0][0]).toBe('thing 9999');
  });

  it('sorts by number as by number, turns around, and keeps what is unknown last', async () => {
    on(many(12));
    const names = () => cells().map(([name]) => name);
    expect(names().slice(0, 3)).toEqual(['thing 0', 'thing 1', 'thing 2']);
    await userEvent.click(screen.getByRole('button', { name: /Units/ }));
    expect(names().slice(-2)).toEqual(['thing 11', 'thing 7']);
    await userEvent.click(screen.getByRole('button', { name: /Units/ }));
    expect([names()[0], ...names().slice(-2)]).toEqual(['thing 11', 'thing 0', 'thing 7']);
    expect(screen.getAllByRole('columnheader')[1].getAttribute('aria-sort')).toBe('descending');
  });

  it('selects rows by keyboard, and all of them, also those out of sight', async () => {
    let keys: string[] = [];
    on(many(500), selected => (keys = selected));
    screen.getByRole('checkbox', { name: 'Select thing 3' }).focus();
    await userEvent.keyboard(' ');
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select thing 5' }));
    expect(keys).toEqual(['thing 3', 'thing 5']);
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select thing 3' }));
    expect(keys).toEqual(['thing 5']);
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select all of Things' }));
    expect(keys).toHaveLength(500);
    await userEvent.click(screen.getByRole('checkbox', { name: 'Select all of Things' }));
    expect(keys).toEqual([]);
  });

  it('scrolls by keyboard, since its region takes the focus', () => {
    on(many(100));
    expect(screen.getByRole('region').getAttribute('tabindex')).toBe('0');
  });

  it('says what is so if there is no row', () => {
    on([]);
    expect(screen.getByText('There is none.')).toBeTruthy();
    expect(screen.queryByRole('table')).toBeNull();
  });
});
