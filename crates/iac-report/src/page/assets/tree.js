// The tree of components and resources, and everything about the selected one.
const LINKS_MAX = 40;

const tree = (() => {
  const root = { path: '', name: '', inner: new Map(), own: [] };
  const closed = new Set();
  resources.forEach((resource) => {
    let at = root;
    resource.parts.slice(0, -1).forEach((name) => {
      const path = at.path ? `${at.path}/${name}` : name;
      if (!at.inner.has(name)) at.inner.set(name, { path, name, inner: new Map(), own: [] });
      at = at.inner.get(name);
    });
    at.own.push(resource.index);
  });

  // The rows in view: a component only if something in it is shown.
  const rows = (component, depth, into) => {
    component.own.filter(isShown).forEach((index) => into.push({ index, depth, key: `r${index}` }));
    component.inner.forEach((inner) => {
      const at = into.length;
      const open = !closed.has(inner.path) || state.matches !== null;
      const row = { scope: inner, depth, open, key: `s${inner.path}`, count: 0 };
      into.push(row);
      const below = [];
      rows(inner, depth + 1, below);
      row.count = below.reduce((sum, one) => sum + (one.scope ? 0 : 1), 0);
      if (!below.length) into.length = at;
      else if (open) below.forEach((one) => into.push(one));
    });
    return into;
  };

  const build = (item) => {
    const row = make('div', item.scope ? 'row scope' : 'row');
    row.setAttribute('role', 'treeitem');
    row.setAttribute('aria-level', String(item.depth + 1));
    row.style.paddingLeft = `${0.6 + item.depth * 1.1}rem`;
    if (item.scope) {
      row.setAttribute('aria-expanded', String(item.open));
      row.append(make('span', 'twist', item.open ? '▾' : '▸'), make('span', 'grow', item.scope.name));
      row.append(make('span', 'kind', `${item.count}`));
      return row;
    }
    const resource = resources[item.index];
    row.title = resource.urn;
    row.dataset.path = resource.path;
    row.append(badge(resource.action), marked('grow', resource.parts[resource.parts.length - 1]));
    if (resource.drift || resource.missing) row.append(make('span', 'kind', 'changed outside'));
    if (resource.errors) row.append(make('span', 'failed', 'failed'));
    row.append(marked('kind', resource.type));
    const word = legend.get(resource.action).word;
    row.setAttribute('aria-label', `${resource.path}, ${resource.type}, ${word}`);
    return row;
  };

  const toggle = (item, open) => {
    if (open) closed.delete(item.scope.path);
    else closed.add(item.scope.path);
    refresh();
  };

  const list = makeList(byId('tree'), {
    build,
    activate(item, byPointer) {
      if (!item.scope) select(item.index);
      else if (byPointer) toggle(item, !item.open);
    },
    key(event, item, index, activate) {
      if (item.scope && (event.key === 'Enter' || event.key === ' ')) toggle(item, !item.open);
      else if (item.scope && event.key === 'ArrowRight') item.open ? activate(index + 1, false) : toggle(item, true);
      else if (item.scope && item.open && event.key === 'ArrowLeft') toggle(item, false);
      else if (event.key === 'ArrowLeft') {
        const up = shown.slice(0, index).map((one) => one.depth).lastIndexOf(item.depth - 1);
        if (up >= 0) activate(up, false);
      } else if (event.key === 'Enter') {
        changed('center');
        byId('detail').focus();
      } else return false;
      return true;
    },
  });

  let shown = [];
  const refresh = () => {
    shown = rows(root, 0, []);
    list.set(shown, (a, b) => a.key === b.key);
  };

  // Opens the components around the selected resource, so that its row exists.
  const reveal = () => {
    if (state.selected < 0) return;
    const parts = resources[state.selected].parts;
    const around = parts.slice(0, -1).map((_, end) => parts.slice(0, end + 1).join('/'));
    if (around.some((path) => closed.delete(path))) refresh();
    list.follow((item) => item.index === state.selected);
  };

  listeners.push((what) => {
    if (what === 'search' || what === 'filter') {
      refresh();
      list.redraw();
    }
    if (what === 'select') reveal();
  });
  return { start: refresh };
})();

const fieldTable = (fields, before, after) => {
  const table = make('table', 'fields');
  const head = table.createTHead().insertRow();
  ['Field', before, after].forEach((name) => {
    const cell = make('th', '', name);
    cell.scope = 'col';
    head.append(cell);
  });
  const body = table.createTBody();
  fields.forEach((field) => {
    const row = body.insertRow();
    const name = make('th', '', `${field.path} `);
    name.scope = 'row';
    if (field.replaces) name.append(make('span', 'forces', 'forces replacement'));
    row.append(name);
    if (field.lines) {
      const cell = row.insertCell();
      cell.colSpan = 2;
      const pre = make('pre', 'lines');
      field.lines.forEach((line) => {
        const kind = line[0] === '+' ? 'plus' : line[0] === '-' ? 'minus' : '';
        pre.append(make('span', kind, line));
      });
      pre.tabIndex = 0;
      cell.append(pre);
      return;
    }
    [['del', field.old], ['ins', field.new]].forEach(([tag, text]) => {
      const code = make('code');
      if (text !== undefined) code.append(make(tag, '', text));
      row.insertCell().append(code);
    });
  });
  return table;
};

const detail = (() => {
  const box = byId('detail');
  const links = (title, indexes) => {
    if (!indexes.length) return;
    box.append(make('h3', '', `${title} (${indexes.length})`));
    const list = make('ul');
    indexes.slice(0, LINKS_MAX).forEach((index) => {
      const button = make('button', 'link', resources[index].path);
      button.type = 'button';
      button.addEventListener('click', () => select(index, { center: true }));
      const item = make('li');
      item.append(badge(resources[index].action), ' ', button);
      list.append(item);
    });
    if (indexes.length > LINKS_MAX) list.append(make('li', '', `and ${indexes.length - LINKS_MAX} more`));
    box.append(list);
  };
  const show = () => {
    box.replaceChildren();
    const resource = resources[state.selected];
    if (!resource) {
      const where = data.timeline ? 'in the tree, in the graph or on the chart' : 'in the tree or in the graph';
      box.append(make('p', 'empty', resources.length ? `Select a resource ${where}.` : 'There are no resources.'));
      return;
    }
    const title = make('h2', '', `${resource.path} `);
    box.append(title);
    const line = make('p');
    line.append(badge(resource.action), ` ${legend.get(resource.action).word} · ${resource.type}`);
    box.append(line, make('p', 'urn', resource.urn));
    (resource.errors || []).forEach((text) => box.append(make('p', 'errors', text)));
    if (resource.reasons) {
      box.append(make('h3', '', 'Why'));
      const list = make('ul');
      resource.reasons.forEach((reason) => list.append(withCode('li', reason)));
      box.append(list);
    }
    if (resource.missing || resource.drift) {
      box.append(make('h3', '', 'Changed outside of the program'));
      if (resource.missing) box.append(make('p', '', 'It is gone.'));
      if (resource.drift) box.append(fieldTable(resource.drift, 'Recorded', 'In the cloud'));
    }
    if (resource.fields) {
      box.append(make('h3', '', data.timeline ? 'What the run changed' : 'What changes'));
      box.append(fieldTable(resource.fields, 'Before', 'After'));
    }
    links('Needs', resource.needs);
    links('Needed by', resource.neededBy);
    box.scrollTop = 0;
  };
  listeners.push((what) => what === 'select' && show());
  return { start: show };
})();
