import { define } from './define.ts';

interface ConfigFault {
  readonly name: string;
  readonly env: string;
  readonly came: string | undefined;
  readonly expected: string;
}

/** Errors of the config area; every code starts with MR_CONFIG_. */
export const configErrors = {
  MR_CONFIG_INVALID: define<{ faults: readonly ConfigFault[] }>({
    severity: 'user',
    message: ({ faults }) =>
      `The configuration has ${faults.length} fault(s): ${faults
        .map(
          ({ name, env, came, expected }) =>
            `${name} (${env}) ${came === undefined ? 'is not set' : `is '${came}'`}; expected ${expected}`,
        )
        .join('. ')}.`,
    remedy: () => 'Correct all of them and start again; nothing was started.',
  }),
  MR_CONFIG_ENV: define<{ faults: readonly { readonly name: string; readonly problem: string }[] }>({
    severity: 'user',
    message: ({ faults }) =>
      `The environment has ${faults.length} fault(s): ${faults.map(({ name, problem }) => `${name} ${problem}`).join('; ')}.`,
    remedy: () => 'Correct all of them and start again; nothing was started.',
  }),
  MR_CONFIG_TOPOLOGY_MODULE: define<{ specifier: string; problem: string }>({
    severity: 'user',
    message: ({ specifier, problem }) => `The topology module '${specifier}' cannot be used: ${problem}.`,
    remedy: () =>
      'A topology module (MILLRACE_TOPOLOGY, --topology) is a JavaScript file or a package that exports `topology()`, which returns what StreamsBuilder.build() gives.',
  }),
  MR_CONFIG_HTTP_ADDRESS: define<{ httpHost: string; httpPort: number; problem: string }>({
    severity: 'user',
    message: ({ httpHost, httpPort, problem }) =>
      `Health and metrics cannot be served on ${httpHost}:${httpPort}: ${problem}.`,
    remedy: () => 'Set HTTP_PORT to a free port (0 takes any) and HTTP_HOST to an address of this machine.',
  }),
};
