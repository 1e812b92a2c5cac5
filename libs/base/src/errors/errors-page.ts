import { errorCatalogue } from './catalogue.ts';
import type { ErrorDefinition } from './define.ts';

const introduction = `# Errors

Every error of Millrace is a \`MillraceError\` with a \`code\`, a message with the position, a \`remedy\` and a \`severity\`. Match on the code:
messages may change. Severity alone decides what the runtime does:

| severity | what the runtime does |
|---|---|
| \`user\` | stops at once; the input is wrong |
| \`retriable\` | backs off and tries again |
| \`fenced\` | drops the tasks and rejoins the group |
| \`corrupt\` | wipes the store and restores it from the changelog |
| \`record\` | asks the exception handler: stop, continue, dead-letter |
| \`bug\` | ends the thread; please report it |

This page is written from the catalogue in \`libs/base/src/errors\`; a test holds both in step. Words in angle brackets stand for details.

| code | severity | message | remedy |
|---|---|---|---|
`;

/** The page of all errors as Markdown, one row a code in alphabetical order. */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, definition]) => row(code, definition as ErrorDefinition<unknown>));
  return introduction + rows.join('');
}

function row(code: string, { severity, message, remedy }: ErrorDefinition<unknown>): string {
  return `| \`${code}\` | ${severity} | ${cell(message)} | ${cell(remedy)} |\n`;
}

function cell(text: (details: unknown) => string): string {
  let written: string;
  try {
    written = text(placeholder(''));
  } catch {
    written = '(depends on the details)';
  }
  return written.replaceAll('|', '\\|').replaceAll('\n', '<br>');
}

/** Stands for details of any shape: each property prints as its own name. */
function placeholder(name: string): unknown {
  const words = `<${name}>`;
  return new Proxy(() => words, {
    get: (_target, key) => {
      if (key === Symbol.toPrimitive || key === 'toString') return () => words;
      if (key === 'map' || key === 'filter' || key === 'slice' || key === 'flatMap' || key === 'sort')
        return () => placeholder(name);
      if (key === 'join') return () => words;
      if (key === 'length') return words;
      if (key === Symbol.iterator) return [][Symbol.iterator];
      return placeholder(String(key));
    },
  });
}
