// Long tasks of the page: those that keep it from answering for more than 50 ms.
window.longTasks = [];
new PerformanceObserver(list => {
  for (const task of list.getEntries()) {
    window.longTasks.push(Math.round(task.duration));
  }
}).observe({ type: 'longtask', buffered: true });

// When the first row of the licences was there, counted from the last click or from the navigation.
window.clickedAt = 0;
window.firstRowAfter = null;
addEventListener(
  'click',
  () => {
    window.clickedAt = performance.now();
    window.firstRowAfter = null;
  },
  true
);
new MutationObserver(() => {
  if (window.firstRowAfter === null && document.querySelector('[role=table][aria-label="Licences"] [role=cell]')) {
    window.firstRowAfter = Math.round(performance.now() - window.clickedAt);
  }
}).observe(document, { childList: true, subtree: true });

// All rows of a table, by the names of its columns. Of a long table only a part is in the document:
// it is scrolled through.
window.readTable = async label => {
  const table = document.querySelector(`[role=table][aria-label="${label}"], table[aria-label="${label}"]`);
  const texts = (element, role) => [...element.querySelectorAll(`[role=${role}]`)].map(e => e.innerText.trim());
  const heads = texts(table, 'columnheader').map(text => text.replace(/ [↑↓]$/, ''));
  const count = Number(table.getAttribute('aria-rowcount')) - 1;
  let scrolls = table;
  while (scrolls.scrollHeight <= scrolls.clientHeight && scrolls.parentElement) {
    scrolls = scrolls.parentElement;
  }
  const rows = new Map();
  for (scrolls.scrollTop = 0; ; scrolls.scrollTop += scrolls.clientHeight / 2) {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const row of table.querySelectorAll('[role=row][aria-rowindex]')) {
      const cells = texts(row, 'cell');
      if (cells.length > 0) {
        rows.set(row.getAttribute('aria-rowindex'), Object.fromEntries(cells.map((cell, i) => [heads[i], cell])));
      }
    }
    if (rows.size >= count || scrolls.scrollTop + scrolls.clientHeight >= scrolls.scrollHeight - 1) {
      scrolls.scrollTop = 0;
      return [...rows.values()];
    }
  }
};

// By how much the page is wider than the screen.
window.overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

// What axe-core finds wrong, by rule and element. Headlamp's own frame is not ours.
window.violations = async () => {
  const include = ['main', '[role=dialog]'].filter(part => document.querySelector(part));
  const { violations, passes } = await axe.run({ include }, { resultTypes: ['violations'] });
  return {
    passes: passes.length,
    found: violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 300)} ${node.failureSummary}`)),
  };
};
