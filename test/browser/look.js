// What a page looks like to a reader: which texts are faint, whether it is wider
// than the screen, what shows.
(() => {
  const parse = (text) => {
    const m = text.match(/rgba?\(([^)]+)\)/);
    return m ? m[1].split(/[ ,/]+/).map(Number) : null;
  };
  const luminance = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour && (colour.length < 4 || colour[3] > 0)) return colour;
    }
    return [255, 255, 255];
  };
  const visible = (element) => element.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) && element.getClientRects().length > 0;
  const result = {Texts: 0, Faint: [], Charts: 0, Hidden: 0};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || ['SCRIPT', 'title', 'desc'].includes(element.nodeName) || !visible(element)) continue;
    const style = getComputedStyle(element);
    const colour = parse(element instanceof SVGElement ? style.fill : style.color);
    result.Texts++;
    if (!colour || contrast(colour, background(element)) < 4.5) result.Faint.push(node.data.trim());
  }
  const root = document.documentElement;
  result.Overflow = root.scrollWidth - root.clientWidth;
  result.Scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  for (const chart of document.querySelectorAll('svg.chart')) if (visible(chart)) result.Charts++;
  for (const details of document.querySelectorAll('details')) if (!visible(details.querySelector('table'))) result.Hidden++;
  result.Styled = getComputedStyle(document.querySelector('h1')).letterSpacing !== 'normal';
  result.Nav = visible(document.querySelector('nav'));
  return result;
})()
