// The dependency graph on a canvas: only what is in view is drawn, so thousands of resources move
// smoothly. Places come with the data.
const ZOOM_MIN = 0.02;
const ZOOM_MAX = 3;
const ZOOM_STEP = 1.25;
const PAN_STEP = 80;
// Smaller texts cannot be read and are left out.
const TEXT_SIZE_MIN = 6;

const graph = (() => {
  const canvas = byId('graph');
  const pen = canvas.getContext('2d');
  const [width, height, nodeWidth, nodeHeight] = data.size;
  const view = { x: 0, y: 0, zoom: 1 };
  const colours = {};
  let waiting = false;
  let fitted = true;

  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    ['ink', 'faint', 'line', 'edge', 'accent', 'ground'].forEach((name) => { colours[name] = read(`--${name}`); });
    legend.forEach((_, key) => {
      colours[key] = ['fill', 'line', 'ink'].map((part) => read(`--${key}-${part}`));
    });
  };

  const draw = () => {
    waiting = false;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    pen.setTransform(ratio * view.zoom, 0, 0, ratio * view.zoom, -view.x * view.zoom * ratio, -view.y * view.zoom * ratio);
    const seen = { left: view.x, top: view.y, right: view.x + w / view.zoom, bottom: view.y + h / view.zoom };
    const inView = (x, y, wide, high) => x < seen.right && x + wide > seen.left && y < seen.bottom && y + high > seen.top;
    const isBright = (index) => isShown(index);
    groups(inView);
    edges(inView, isBright);
    nodes(inView, isBright);
  };

  const groups = (inView) => {
    const readable = 13 * view.zoom >= TEXT_SIZE_MIN;
    pen.font = '600 13px system-ui, sans-serif';
    data.groups.forEach((group) => {
      if (!inView(group.x, group.y, group.width, group.height)) return;
      pen.globalAlpha = 0.07;
      pen.fillStyle = colours.faint;
      pen.fillRect(group.x, group.y, group.width, group.height);
      pen.globalAlpha = 1;
      pen.strokeStyle = colours.line;
      pen.lineWidth = Math.max(1, 1 / view.zoom);
      pen.strokeRect(group.x, group.y, group.width, group.height);
      if (readable) {
        pen.fillStyle = colours.faint;
        pen.fillText(fit(group.path.split('/').pop(), group.width - 20), group.x + 10, group.y + 18);
      }
    });
  };

  const edges = (inView, isBright) => {
    // One path for each kind of line: a stroke costs more than a curve.
    const kinds = { faint: new Path2D(), far: new Path2D(), plain: new Path2D(), selected: new Path2D() };
    const chosen = state.selected;
    resources.forEach((resource) => {
      resource.needs.forEach((index) => {
        const needed = resources[index];
        const [x1, y1] = [resource.x, resource.y + nodeHeight / 2];
        const [x2, y2] = [needed.x + nodeWidth, needed.y + nodeHeight / 2];
        if (!inView(Math.min(x1, x2) - 60, Math.min(y1, y2), Math.abs(x1 - x2) + 120, Math.abs(y1 - y2) + 1)) return;
        const touches = resource.index === chosen || index === chosen;
        // An arrow that passes other columns would hide what is between.
        const kind = x1 - x2 > nodeWidth ? 'far' : 'plain';
        const path = kinds[touches ? 'selected' : isBright(resource.index) && isBright(index) ? kind : 'faint'];
        const swing = Math.max(30, Math.abs(x1 - x2) / 2);
        path.moveTo(x1, y1);
        path.bezierCurveTo(x1 - swing, y1, x2 + swing, y2, x2, y2);
        if (view.zoom > 0.3) {
          path.moveTo(x2 + 7, y2 - 4);
          path.lineTo(x2, y2);
          path.lineTo(x2 + 7, y2 + 4);
        }
      });
    });
    const stroke = (path, colour, alpha, wide) => {
      pen.globalAlpha = alpha;
      pen.strokeStyle = colour;
      pen.lineWidth = Math.max(wide, wide / 2 / view.zoom);
      pen.stroke(path);
      pen.globalAlpha = 1;
    };
    const dense = view.zoom < 0.3 ? 0.45 : 1;
    stroke(kinds.faint, colours.edge, 0.18, 1.2);
    stroke(kinds.far, colours.edge, dense * 0.45, 1.2);
    stroke(kinds.plain, colours.edge, dense, 1.2);
    stroke(kinds.selected, colours.accent, 1, 2.4);
  };

  // Cuts a text to a width; measured once for each text and width.
  const cuts = new Map();
  const fit = (text, wide) => {
    const key = `${pen.font} ${wide} ${text}`;
    if (!cuts.has(key)) {
      let cut = text;
      while (cut.length > 1 && pen.measureText(cut === text ? cut : `${cut}…`).width > wide) {
        cut = cut.slice(0, -1);
      }
      cuts.set(key, cut === text ? text : `${cut}…`);
    }
    return cuts.get(key);
  };

  const nodes = (inView, isBright) => {
    const readable = 12 * view.zoom >= TEXT_SIZE_MIN;
    resources.forEach((resource) => {
      const { x, y, index } = resource;
      if (!inView(x, y, nodeWidth, nodeHeight)) return;
      const [fill, line, ink] = colours[resource.action];
      const isSelected = index === state.selected;
      pen.globalAlpha = isBright(index) || isSelected ? 1 : 0.18;
      pen.fillStyle = fill;
      pen.strokeStyle = isSelected ? colours.accent : line;
      const wide = isSelected ? 4 : state.matches && state.matches.has(index) ? 3 : 1.5;
      pen.lineWidth = Math.max(wide, wide / view.zoom / 1.5);
      pen.beginPath();
      if (view.zoom > 0.25) pen.roundRect(x, y, nodeWidth, nodeHeight, 6);
      else pen.rect(x, y, nodeWidth, nodeHeight);
      pen.fill();
      pen.stroke();
      if (readable) {
        pen.fillStyle = ink;
        pen.font = '600 13px system-ui, sans-serif';
        const mark = legend.get(resource.action).mark;
        pen.fillText(fit(`${mark} ${resource.parts[resource.parts.length - 1]}`, nodeWidth - 20), x + 10, y + 19);
        pen.font = '11px system-ui, sans-serif';
        pen.fillText(fit(resource.type, nodeWidth - 20), x + 10, y + 35);
      }
    });
    pen.globalAlpha = 1;
  };

  const later = () => {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  };

  const zoomAt = (factor, x, y) => {
    const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, view.zoom * factor));
    view.x += x / view.zoom - x / zoom;
    view.y += y / view.zoom - y / zoom;
    view.zoom = zoom;
    fitted = false;
    later();
  };
  const zoomMiddle = (factor) => zoomAt(factor, canvas.clientWidth / 2, canvas.clientHeight / 2);

  const fitAll = () => {
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    if (!w || !h) return;
    view.zoom = Math.min(1.25, Math.max(ZOOM_MIN, Math.min(w / width, h / height)));
    view.x = width / 2 - w / view.zoom / 2;
    view.y = height / 2 - h / view.zoom / 2;
    fitted = true;
    later();
  };

  const center = () => {
    const resource = resources[state.selected];
    if (!resource) return;
    view.zoom = Math.max(view.zoom, 0.8);
    view.x = resource.x + nodeWidth / 2 - canvas.clientWidth / view.zoom / 2;
    view.y = resource.y + nodeHeight / 2 - canvas.clientHeight / view.zoom / 2;
    fitted = false;
    later();
  };

  const pointers = new Map();
  let moved = 0;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    moved = 0;
    canvas.classList.add('moving');
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    if (pointers.size === 2) {
      const old = spread();
      pointers.set(event.pointerId, now);
      const fresh = spread();
      if (old.size > 0) zoomAt(fresh.size / old.size, fresh.x, fresh.y);
      moved += 10;
      return;
    }
    pointers.set(event.pointerId, now);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    view.x -= (now.x - before.x) / view.zoom;
    view.y -= (now.y - before.y) / view.zoom;
    fitted = false;
    later();
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (!pointers.size) canvas.classList.remove('moving');
  };
  canvas.addEventListener('pointerup', (event) => {
    if (pointers.size === 1 && moved < 5) {
      const at = place(event);
      const [x, y] = [at.x / view.zoom + view.x, at.y / view.zoom + view.y];
      const hit = resources.find((one) => x >= one.x && x <= one.x + nodeWidth && y >= one.y && y <= one.y + nodeHeight);
      if (hit) select(hit.index);
    }
    release(event);
  });
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('wheel', (event) => {
    // The page scrolls on unless the graph was chosen.
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    const at = place(event);
    zoomAt(Math.exp(-Math.max(-100, Math.min(100, event.deltaY)) / 300), at.x, at.y);
  }, { passive: false });
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (move) {
      view.x += (move[0] * PAN_STEP) / view.zoom;
      view.y += (move[1] * PAN_STEP) / view.zoom;
      fitted = false;
      later();
    } else if (event.key === '+' || event.key === '=') zoomMiddle(ZOOM_STEP);
    else if (event.key === '-') zoomMiddle(1 / ZOOM_STEP);
    else if (event.key === '0') fitAll();
    else return;
    event.preventDefault();
  });
  byId('zoom-in').addEventListener('click', () => zoomMiddle(ZOOM_STEP));
  byId('zoom-out').addEventListener('click', () => zoomMiddle(1 / ZOOM_STEP));
  byId('fit').addEventListener('click', fitAll);
  byId('center').addEventListener('click', center);

  listeners.push((what) => {
    if (what === 'center') center();
    // A selection made elsewhere may be out of view.
    later();
  });

  return {
    start() {
      readColours();
      const edgeCount = resources.reduce((sum, resource) => sum + resource.needs.length, 0);
      canvas.setAttribute('aria-label', `Graph of ${resources.length} resources and ${edgeCount} dependencies. The tree has the same: what each resource needs and what needs it.`);
      new ResizeObserver(() => (fitted ? fitAll() : later())).observe(canvas);
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
        readColours();
        later();
      });
      fitAll();
    },
  };
})();
