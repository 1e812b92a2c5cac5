import { MillraceError, millraceError } from '@millrace/base';
import type { Program } from '@millrace/topology';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Imports the module that MILLRACE_TOPOLOGY names, a path to a JavaScript file or a package (`@acme/counts/topology`). Its `topology` export
 * (or its default export) is a program, what `StreamsBuilder.build()` returns, or a function of the environment that makes one.
 */
export async function loadTopology(specifier: string, env: Env): Promise<Program> {
  const isPath = /^[./]|^[A-Za-z]:[\\/]/.test(specifier);
  const target = isPath ? pathToFileURL(path.resolve(specifier)).href : specifier;
  try {
    const module = (await import(target)) as { topology?: unknown; default?: unknown };
    const exported = module.topology ?? module.default;
    if (exported === undefined) throw unusable(specifier, 'it exports no `topology`');
    const program: unknown = typeof exported === 'function' ? await exported(env) : exported;
    if (!isProgram(program))
      throw unusable(specifier, 'its `topology` does not give what StreamsBuilder.build() returns');
    return program;
  } catch (error) {
    throw MillraceError.is(error) ? error : unusable(specifier, (error as Error).message, error);
  }
}

function isProgram(value: unknown): value is Program {
  const { topology, functions } = (value ?? {}) as Partial<Program>;
  return topology !== undefined && functions !== undefined;
}

function unusable(specifier: string, problem: string, cause?: unknown): MillraceError {
  return millraceError('MR_CONFIG_TOPOLOGY_MODULE', { specifier, problem }, cause);
}
