/** `millrace takeover-check`: reads the options, asks the cluster, prints line by line what fits and what does not. */
import { silentLogger } from '@millrace/base';
import { mayTakeOver, parseConfig, takeoverCheck, type Finding, type StreamsConfig } from '@millrace/runtime';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defaultPorts } from '../kafka-streams.ts';
import { loadTopology } from '../load-topology.ts';
import { UsageError } from './usage-error.ts';

const takeoverCheckUsage = `usage: millrace takeover-check --bootstrap HOST:PORT --application-id ID --topology MODULE [options]
Says line by line whether an application of the JVM library (Kafka Streams, group.protocol=classic) can be taken over by a topology here.
It reads only. Stop the JVM application first: what it still changes cannot be compared.
  --bootstrap HOST:PORT   a broker; several with commas
  --application-id ID     application.id of the JVM application
  --topology MODULE       a JavaScript file or a package that exports \`topology\`: a program, or a function of the environment that makes one;
                          --set and the like are in that environment too, so \`builder.build(configFromEnv(env))\` sees them
  --describe FILE         what System.out.print(topology.describe()) prints in the JVM application
  --set NAME=VALUE        another setting, such as security.protocol=SASL_SSL or topology.optimization=all; may be repeated
  --json                  { applicationId, fits, findings } instead of lines
Exit code 0: it can be taken over. 1: something differs, or the cluster cannot be asked. 2: the command is written wrongly.
examples:
  millrace takeover-check --bootstrap localhost:9092 --application-id orders --topology ./dist/topology.js --describe orders.txt
  millrace takeover-check --bootstrap b1:9093 --application-id orders --topology @acme/orders --json --set security.protocol=SSL \\
    --set ssl.ca.location=/etc/kafka/ca.pem`;

interface Options {
  readonly config: StreamsConfig;
  /** The same as environment variables: what the module is given, as a worker gives it. */
  readonly settings: Readonly<Record<string, string>>;
  readonly topology: string;
  readonly description: string | undefined;
  readonly json: boolean;
}

/** Runs the command; gives the exit code. Throws UsageError, and MillraceError where the cluster or the module cannot be used. */
export async function runTakeoverCheck(
  args: readonly string[],
  print: (text: string) => void,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    print(takeoverCheckUsage);
    return 0;
  }
  const { config, settings, topology, description, json } = options;
  const program = await loadTopology(topology, { ...env, ...settings });
  const { client } = defaultPorts(config, silentLogger);
  try {
    await client.connect();
    const findings = await takeoverCheck(program, { client, config, description });
    const isGood = mayTakeOver(findings);
    const { applicationId } = config;
    print(json ? JSON.stringify({ applicationId, fits: isGood, findings }, null, 2) : textOf(applicationId, findings));
    return isGood ? 0 : 1;
  } finally {
    await client.close();
  }
}

const marks: Readonly<Record<Finding['verdict'], string>> = {
  fits: 'fits   ',
  note: 'note   ',
  differs: 'DIFFERS',
  unseen: 'UNSEEN ',
};

function textOf(applicationId: string, findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ verdict, about, text, remedy }) => {
    const line = `${marks[verdict]} ${about}: ${text}`;
    return remedy === undefined ? [line] : [line, `        remedy: ${remedy}`];
  });
  return [...lines, endOf(applicationId, findings)].join('\n');
}

function endOf(applicationId: string, findings: readonly Finding[]): string {
  const [faults = 0, hidden = 0] = (['differs', 'unseen'] as const).map(
    (kind) => findings.filter(({ verdict }) => verdict === kind).length,
  );
  const unknown = `${hidden} ${hidden === 1 ? 'thing' : 'things'} could not be looked at`;
  if (faults > 0)
    return `${applicationId} cannot be taken over: ${faults} ${faults === 1 ? 'thing differs' : 'things differ'}${hidden === 0 ? '' : `, ${unknown}`}.`;
  if (hidden > 0) return `Whether ${applicationId} can be taken over is not known: ${unknown}.`;
  return `${applicationId} can be taken over. Serdes and functions cannot be seen from here: they must do what those of the JVM application do.`;
}

function readOptions(args: readonly string[]): Options | 'help' {
  const values = parsed(args);
  if (values.help === true) return 'help';
  const { bootstrap, topology, json = false, set = [] } = values;
  const applicationId = values['application-id'];
  if (bootstrap === undefined || applicationId === undefined || topology === undefined)
    throw new UsageError('--bootstrap, --application-id and --topology are needed', takeoverCheckUsage);
  const settings = [...set.map(pairOf), ['application.id', applicationId], ['bootstrap.servers', bootstrap]] as const;
  return {
    config: parseConfig(Object.fromEntries(settings)),
    settings: Object.fromEntries(settings.map(([name, value]) => [name.replaceAll('.', '_').toUpperCase(), value])),
    topology,
    description: values.describe === undefined ? undefined : textIn(values.describe),
    json,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    bootstrap: text,
    'application-id': text,
    topology: text,
    describe: text,
    set: { ...text, multiple: true },
    json: flag,
    help: flag,
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, takeoverCheckUsage);
  }
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--set ${text} is not NAME=VALUE`, takeoverCheckUsage);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** PowerShell's `>` writes UTF-16. */
function decoded(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

function textIn(file: string): string {
  try {
    return decoded(readFileSync(file));
  } catch (error) {
    throw new UsageError(`--describe ${file} cannot be read: ${(error as Error).message}`, takeoverCheckUsage);
  }
}
