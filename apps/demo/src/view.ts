import stringWidth from 'string-width';

/** What the live view shows. Counts are of this run. */
export interface Snapshot {
  readonly seconds: number;
  readonly posts: number;
  readonly mentions: number;
  readonly processed: number;
  readonly late: number;
  readonly dropped: number;
  readonly transactions: number;
  readonly rows: number;
  readonly phase: string;
  /** Start of the newest window that has a ranking, and the ranking. */
  readonly windowStart: number | undefined;
  readonly top: readonly { readonly hashtag: string; readonly mentions: number }[];
}

const nameColumns = 22;
const barWidth = 36;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The live view as lines of at most `columns` characters. */
export function viewLines(snapshot: Snapshot, columns: number): string[] {
  const { windowStart, top } = snapshot;
  const most = Math.max(1, ...top.map(({ mentions }) => mentions));
  const title = windowStart === undefined ? 'no window yet' : `window ${windowText(windowStart)}`;
  const rows = top.map(({ hashtag, mentions }, i) => {
    return `${String(i + 1).padStart(3)}  ${cell(`#${hashtag}`, nameColumns)} ${bar(mentions / most)} ${mentions.toLocaleString('en')}`;
  });
  return [
    `Millrace  trending hashtags   ${title}`,
    '',
    ...rows,
    ...Array.from({ length: Math.max(0, 10 - rows.length) }, () => ''),
    '',
    counterLine(snapshot),
    `${snapshot.phase}`,
  ].map((line) => cut(line, columns));
}

/** A text in so many columns of a terminal, where many scripts take two for a character. */
function cell(text: string, columns: number): string {
  const fitting = cut(text, columns);
  return fitting + ' '.repeat(columns - stringWidth(fitting));
}

function cut(text: string, columns: number): string {
  let fitting = text;
  while (stringWidth(fitting) > columns) fitting = [...fitting].slice(0, -1).join('');
  return fitting;
}

/** One line for pipes and logs. */
export function plainLine(snapshot: Snapshot): string {
  const leaders = snapshot.top.slice(0, 3).map(({ hashtag, mentions }) => `#${hashtag} ${mentions}`);
  return `${counterLine(snapshot)}  top: ${leaders.join(', ') || '-'}`;
}

function counterLine({ seconds, posts, mentions, processed, late, dropped, transactions, rows }: Snapshot): string {
  const n = (value: number): string => value.toLocaleString('en');
  return (
    `${seconds.toFixed(0).padStart(4)} s  posts ${n(posts)}  mentions ${n(mentions)}  processed ${n(processed)}  ` +
    `late ${n(late)}  dropped ${n(dropped)}  rows ${n(rows)}  transactions ${n(transactions)}`
  );
}

/** A bar of block characters, precise to an eighth of a cell. */
export function bar(share: number): string {
  const cells = Math.round(Math.min(1, Math.max(0, share)) * barWidth * 8);
  return ('█'.repeat(cells >> 3) + (eighths[cells & 7] ?? '')).padEnd(barWidth);
}

function windowText(start: number): string {
  const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return `${minute(start)} - ${minute(start + 600_000).slice(11)} UTC`;
}

/** Draws snapshots in place on a terminal, or writes a line every two seconds elsewhere. */
export interface View {
  show(snapshot: Snapshot): void;
  /** Leaves the last picture standing. */
  end(): void;
}

export function terminalView(out: NodeJS.WriteStream): View {
  let drawn = 0;
  return {
    show: (snapshot) => {
      const lines = viewLines(snapshot, (out.columns || 100) - 1);
      out.write(`${drawn > 0 ? `\x1b[${drawn}A` : '\x1b[?25l'}${lines.map((line) => `\x1b[2K${line}\n`).join('')}`);
      drawn = lines.length;
    },
    end: () => void (drawn > 0 && out.write('\x1b[?25h')),
  };
}

export function lineView(out: NodeJS.WriteStream, everySeconds = 2): View {
  let next = 0;
  return {
    show: (snapshot) => {
      if (snapshot.seconds < next) return;
      next = snapshot.seconds + everySeconds;
      out.write(`${plainLine(snapshot)}\n`);
    },
    end: () => undefined,
  };
}
