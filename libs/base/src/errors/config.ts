import { define } from './define.ts';

/** Errors of the config area; every code starts with MR_CONFIG_. */
export const configErrors = {
  MR_CONFIG_ENV: define<{ faults: readonly { readonly name: string; readonly problem: string }[] }>({
    severity: 'user',
    message: ({ faults }) =>
      `The environment has ${faults.length} fault(s): ${faults.map(({ name, problem }) => `${name} ${problem}`).join('; ')}.`,
    remedy: () => 'Correct all of them and start again; nothing was started.',
  }),
};
