import { MillraceError, millraceError } from '@millrace/base';
import type { Program } from '@millrace/topology';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Imports the module that MILLRACE_TOPOLOGY names, a path to a JavaScript file or a package (`@acme/counts/topology`), and calls its `topology(env)`
 * export (or its default export), which gives a program: what `StreamsBuilder.build()` returns.
 */
export async function loadTopology(specifier: string, env: Env): Promise<Program> {
  const isPath = /^[./]|^[A-Za-z]:[\\/]/.test(specifier);
  const target = isPath ? pathToFileURL(path.resolve(specifier)).href : specifier;
  try {
    const module = (await import(target)) as { topology?: unknown; default?: unknown };
    const build = module.topology ?? module.default;
    if (typeof build !== 'function')
      throw millraceError('MR_CONFIG_TOPOLOGY_MODULE', { specifier, problem: 'exports no function `topology`' });
    const program = (await build(env)) as Partial<Program> | undefined;
    if (program?.topology === undefined || program.functions === undefined) {
      throw millraceError('MR_CONFIG_TOPOLOGY_MODULE', {
        specifier,
        problem: 'its `topology` did not return what StreamsBuilder.build() gives',
      });
    }
    return program as Program;
  } catch (error) {
    if (MillraceError.is(error)) throw error;
    throw millraceError('MR_CONFIG_TOPOLOGY_MODULE', { specifier, problem: (error as Error).message }, error);
  }
}
