// The run as a chart: a bar for each step, and the steps that made it take so long.
const TICKS_MAX = 8;
const PATH_SHOWN_MAX = 12;

const chart = (() => {
  const run = data.timeline;
  const share = (ms) => (run.length > 0 ? (ms / run.length) * 100 : 0);

  const build = (bar) => {
    const resource = resources[bar.resource];
    const took = duration(bar.to - bar.from);
    const row = make('div', 'row');
    row.setAttribute('role', 'option');
    const op = bar.op.replace(/_/g, ' ');
    const words = [`${op} ${resource.path}`, took, `after ${duration(bar.from)}`];
    if (bar.failed) words.push('failed');
    if (bar.critical) words.push('on the critical path');
    row.setAttribute('aria-label', words.join(', '));
    row.title = words.join(', ');
    const label = make('span', 'step-label');
    label.append(make('span', 'flag', bar.critical ? '◆' : ''), badge(bar.action), make('span', 'grow', resource.path));
    if (bar.failed) label.append(make('span', 'failed', 'failed'));
    else label.append(make('span', 'kind', op));
    const track = make('span', 'track');
    const piece = make('span', `bar a-${bar.action}${bar.critical ? ' critical' : ''}`);
    piece.style.left = `${share(bar.from)}%`;
    piece.style.width = `${share(bar.to - bar.from)}%`;
    const text = make('span', 'took', took);
    // Beside the bar, on the side that has room.
    if (share(bar.to) < 85) text.style.left = `${share(bar.to)}%`;
    else text.style.right = `${Math.min(100, 100 - share(bar.from))}%`;
    if (share(bar.to) >= 85 && share(bar.from) < 15) {
      text.style.right = 'auto';
      text.style.left = `${share(bar.from)}%`;
      text.classList.add(`a-${bar.action}`, 'inside');
    }
    track.append(piece, text);
    row.append(label, track);
    return row;
  };

  const axis = () => {
    const raw = Math.max(run.length, 1) / TICKS_MAX;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw) || raw;
    for (let at = 0; at <= run.length; at += Math.max(1, step)) {
      const tick = make('span', '', duration(Math.round(at)));
      // The last one has no room for its text.
      if (share(at) > 94) continue;
      tick.style.left = `${share(at)}%`;
      byId('axis').append(tick);
    }
  };

  const explain = () => {
    const box = byId('critical');
    if (!run.bars.length) {
      box.textContent = 'The run recorded no steps.';
      return;
    }
    const names = run.critical.map((index) => resources[run.bars[index].resource].path);
    const shown = names.length > PATH_SHOWN_MAX
      ? [...names.slice(0, PATH_SHOWN_MAX / 2), `… ${names.length - PATH_SHOWN_MAX} more …`, ...names.slice(-PATH_SHOWN_MAX / 2)]
      : names;
    box.append(make('strong', '', '◆ Critical path: '), `${shown.join(' → ')}. `);
    box.append(`${duration(run.critical_length)} of ${duration(run.length)} in ${run.bars.length} ${run.bars.length === 1 ? 'step' : 'steps'}. `);
    if (run.forgotten) {
      box.append(make('span', 'hint', 'Some resources of this run are not in the state any more, so what they needed is not known.'));
    }
  };

  return {
    start() {
      if (!run) return;
      explain();
      axis();
      byId('timeline').dataset.steps = String(run.bars.length);
      const list = makeList(byId('timeline'), {
        build,
        activate: (bar) => select(bar.resource),
        key(event) {
          if (event.key !== 'Enter') return false;
          changed('center');
          byId('detail').focus();
          return true;
        },
      });
      const refresh = () => list.set(run.bars.filter((bar) => isShown(bar.resource)), (a, b) => a.step === b.step);
      byId('timeline-section').hidden = false;
      // As high as its rows, up to the most that the style allows.
      refresh();
      listeners.push((what) => (what === 'search' || what === 'filter') && refresh());
    },
  };
})();
