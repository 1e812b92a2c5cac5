/**
 * Apache Kafka 4.3.1, one KRaft node from Maven artifacts. Waits are short so that tests are quick; retention stays at the stock
 * seven days on purpose: a topic that does not keep old event times loses records here as it would in production.
 */
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { home, ServerError } from './home.mjs';
import { javaHome, mavenLibrary } from './java.mjs';
import { portOpen, requireFree, runningPid, startProcess, stopProcess, waitReady, withLock } from './process.mjs';

export const kafka = {
  name: 'kafka',
  defaultPort: 29092,

  address: (port) => `127.0.0.1:${port}`,
  isUp: async (port) => runningPid(files(port).pidFile) !== undefined && (await portOpen('127.0.0.1', port)),

  async up({ port, reset = false, settings = [] }) {
    const { dir, pidFile, logFile, config } = files(port);
    await withLock(dir, async () => {
      if (reset) {
        await stopProcess(pidFile);
        rmSync(path.join(dir, 'data'), { recursive: true, force: true });
      }
      if (runningPid(pidFile) === undefined) {
        const java = path.join(javaHome(17), 'bin/java');
        const lib = mavenLibrary('kafka-4.3.1', [
          'org.apache.kafka:kafka_2.13:4.3.1',
          'org.apache.kafka:kafka-tools:4.3.1',
          'org.slf4j:slf4j-simple:1.7.36',
        ]);
        await requireFree('127.0.0.1', [port, port + 1]);
        mkdirSync(path.join(dir, 'data'), { recursive: true });
        writeFileSync(config, brokerProperties(port, path.join(dir, 'data'), settings));
        format(java, lib, dir, config);
        startProcess({
          pidFile,
          logFile,
          command: java,
          args: [...jvmFlags, '-cp', `${lib}/*`, 'kafka.Kafka', config],
        });
      }
      const ready = async () =>
        /Kafka Server started/.test(readFileSync(logFile, 'utf8')) && (await portOpen('127.0.0.1', port));
      await waitReady({ name: 'kafka', pidFile, logFile, ready, timeoutMs: 120_000 });
    });
  },

  down: (port) => stopProcess(files(port).pidFile),
};

const jvmFlags = [
  '-Xms512m',
  '-Xmx512m',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
];

function files(port) {
  const dir = path.join(home(), `millrace-kafka-${port}`);
  return {
    dir,
    pidFile: path.join(dir, 'pid'),
    logFile: path.join(dir, 'server.log'),
    config: path.join(dir, 'server.properties'),
  };
}

function format(java, lib, dir, config) {
  if (existsSync(path.join(dir, 'data/meta.properties'))) return;
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'a');
  const result = spawnSync(
    java,
    ['-Xmx128m', '-cp', `${lib}/*`, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', config],
    { encoding: 'utf8' },
  );
  if (result.status !== 0)
    throw new ServerError(
      `formatting the Kafka log directory failed: ${result.stderr.trim().split('\n').slice(-3).join(' ')}`,
      'Try again with --reset.',
    );
}

function brokerProperties(port, dataDir, settings) {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${port + 1}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${port + 1}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDir,
    'num.partitions': 4,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'group.consumer.assignment.interval.ms': 0,
    'transaction.max.timeout.ms': 900000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
    'log.initial.task.delay.ms': 500,
    'log.retention.check.interval.ms': 5000,
    'log.segment.delete.delay.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 16777216,
    'auto.create.topics.enable': false,
    'num.network.threads': 2,
    'num.io.threads': 4,
  };
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1)
      throw new ServerError(`--set ${setting} is not key=value`, 'Write for instance --set log.retention.ms=-1.');
    properties[setting.slice(0, at)] = setting.slice(at + 1);
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
