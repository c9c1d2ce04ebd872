// A list of any length that only has the rows in view, with one active row that the keyboard moves.
const ROW_HEIGHT = 28;
const ROWS_AROUND = 6;

const makeList = (box, handlers) => {
  const spacer = make('div', 'spacer');
  // Only rows are children of a tree or a list box for assistive software.
  spacer.setAttribute('role', 'presentation');
  box.append(spacer);
  let items = [];
  let active = -1;
  let drawn = new Map();

  const draw = () => {
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT) - ROWS_AROUND);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_HEIGHT) + ROWS_AROUND);
    const next = new Map();
    for (let index = first; index < last; index += 1) {
      let row = drawn.get(index);
      if (row) {
        drawn.delete(index);
      } else {
        row = handlers.build(items[index], index);
        row.id = `${box.id}-${index}`;
        row.style.top = `${index * ROW_HEIGHT}px`;
        row.addEventListener('click', () => activate(index, true));
        spacer.append(row);
      }
      row.classList.toggle('active', index === active);
      row.setAttribute('aria-selected', String(index === active));
      next.set(index, row);
    }
    drawn.forEach((row) => row.remove());
    drawn = next;
    if (next.has(active)) box.setAttribute('aria-activedescendant', `${box.id}-${active}`);
    else box.removeAttribute('aria-activedescendant');
  };

  const show = (index) => {
    const top = index * ROW_HEIGHT;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW_HEIGHT > box.scrollTop + box.clientHeight) {
      box.scrollTop = top + ROW_HEIGHT - box.clientHeight;
    }
  };

  const activate = (index, byPointer) => {
    if (!items.length) return;
    active = Math.min(Math.max(index, 0), items.length - 1);
    show(active);
    draw();
    handlers.activate(items[active], byPointer);
  };

  box.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(box);
  box.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(box.clientHeight / ROW_HEIGHT) - 1);
    const moves = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: items.length - 1, PageDown: active + page, PageUp: active - page };
    if (event.key in moves) activate(moves[event.key], false);
    else if (!(handlers.key && active >= 0 && handlers.key(event, items[active], active, activate))) return;
    event.preventDefault();
  });

  return {
    set(next, same) {
      const before = items[active];
      items = next;
      active = before === undefined ? -1 : items.findIndex((item) => same(item, before));
      spacer.style.height = `${items.length * ROW_HEIGHT}px`;
      drawn.forEach((row) => row.remove());
      drawn = new Map();
      draw();
    },
    // Follows a selection made elsewhere.
    follow(is) {
      const index = items.findIndex(is);
      if (index === active || index < 0) return;
      active = index;
      show(index);
      draw();
    },
    activate,
    redraw() {
      drawn.forEach((row) => row.remove());
      drawn = new Map();
      draw();
    },
  };
};
