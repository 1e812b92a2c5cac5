/**
 * The pages under docs/: their examples, which are programs, and their links, which name tests. A block ```ts is an example: it is type-checked, run, and
 * what it prints is what the block ```text behind it says. A block ```ts no-run is type-checked alone: it needs a broker.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { compilerOptions } from './doc-comments.mjs';

/** Pages of a folder under docs/, relative to the root. */
export function pagesOf(root, folder) {
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join(folder, name))
    .sort();
}

const fence = /^```(.*)\n([\s\S]*?)^```$/gm;

/** Examples of a page in their order, each with the place of its output in the text. */
export function examplesOf(text) {
  const blocks = [...text.matchAll(fence)].map((match) => ({
    info: match[1],
    code: match[2],
    line: text.slice(0, match.index).split('\n').length,
    /** Where the text of the block stands. */
    start: match.index + match[0].indexOf('\n') + 1,
    end: match.index + match[0].indexOf('\n') + 1 + match[2].length,
  }));
  return blocks.flatMap((block, i) => {
    if (block.info !== 'ts' && block.info !== 'ts no-run') return [];
    const next = blocks[i + 1];
    return [{ ...block, runs: block.info === 'ts', output: next?.info === 'text' ? next : undefined }];
  });
}

/** The page with other outputs: `printed` has one for each example that runs. */
export function withOutputs(text, printed) {
  const runs = examplesOf(text).filter((example) => example.runs && example.output !== undefined);
  return runs.reduceRight(
    (page, { output }, i) => page.slice(0, output.start) + printed[i] + page.slice(output.end),
    text,
  );
}

/** What the compiler says of files; `root` gives the options. */
export function typeFaults(root, files) {
  const program = ts.createProgram(files, { ...compilerOptions(root), noUnusedLocals: true });
  return files.flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((fault) => {
      const { line } = source.getLineAndCharacterOfPosition(fault.start ?? 0);
      return `${path.basename(file)}:${line + 1} ${ts.flattenDiagnosticMessageText(fault.messageText, ' ')}`;
    });
  });
}

const link = /\[[^\]]*\]\(([^)\s]+)(?:\s+(?:"([^"]*)"|'([^']*)'))?\)/g;

/**
 * Links of a page that lead nowhere. `[...](file "name of a test")` names a test: it must stand in the file, as a title in quotes or as a row of a table.
 * `isPassing` says whether a recorded case passes.
 */
export function linkFaults(page, text, read, isPassing) {
  return [...text.replaceAll(fence, '').matchAll(link)].flatMap(([, target, inDouble, inSingle]) => {
    const title = inDouble ?? inSingle;
    const [file] = target.split('#');
    if (file === '' || /^[a-z]+:/.test(target)) return [];
    const at = path.posix.join(path.posix.dirname(page), file);
    const found = read(at);
    if (found === undefined) return [`${page}: ${target} is not there`];
    if (title !== undefined && !found.includes(title)) return [`${page}: ${at} has no test '${title}'`];
    if (at.startsWith('apps/goldens/testdata/streams/') && !isPassing(path.basename(at, '.json')))
      return [`${page}: the case ${at} does not pass`];
    return [];
  });
}

/** Tests that a page names by their path alone, as `_(libs/x/src/y.test.ts)_`, and that are not there. */
export function pathFaults(page, text, read) {
  const paths = [...text.matchAll(/(?<![\w./-])(?:libs|apps|tools)\/[\w./-]+\.test\.ts/g)].map(([at]) => at);
  return paths.filter((at) => read(at) === undefined).map((at) => `${page}: ${at} is not there`);
}

/** Text of a file of the tree; '' for a folder, undefined when it is not there. */
export function readOf(root) {
  return (file) => {
    try {
      return readFileSync(path.join(root, file), 'utf8');
    } catch (error) {
      return error.code === 'EISDIR' ? '' : undefined;
    }
  };
}
