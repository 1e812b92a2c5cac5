import { describe, expect, test } from '@jest/globals';
import { MillraceError } from '@millrace/base';
import { configFromEnv, parseConfig, settingRows, type ConfigFault } from './config.ts';

const least = { applicationId: 'app', bootstrapServers: 'a:9092,b:9093' };

function faultsOf(read: () => unknown): readonly ConfigFault[] {
  try {
    read();
  } catch (error) {
    if (MillraceError.is(error) && error.code === 'MR_CONFIG_INVALID') return error.details['faults'] as ConfigFault[];
    throw error;
  }
  return [];
}

describe('parseConfig', () => {
  test('completes what is given with the defaults', () => {
    expect(parseConfig(least)).toMatchObject({
      applicationId: 'app',
      clientId: 'app',
      bootstrapServers: ['a:9092', 'b:9093'],
      processingGuarantee: 'exactly_once_v2',
      commitIntervalMs: 100,
      transactionTimeoutMs: 10_000,
      statestoreCacheMaxBytes: 10_485_760,
      warnings: [],
    });
  });

  test('takes handlers by their words, by the names of the JVM library, or as functions', () => {
    const ours = parseConfig({ ...least, processingExceptionHandler: 'log-and-continue' });
    expect(ours).toMatchObject({
      deserializationExceptionHandler: 'fail',
      processingExceptionHandler: 'log-and-continue',
      productionExceptionHandler: 'default',
    });
    const jvm = parseConfig({
      ...least,
      'deserialization.exception.handler': 'org.apache.kafka.streams.errors.LogAndContinueExceptionHandler',
      'processing.exception.handler': 'LogAndFailProcessingExceptionHandler',
      'production.exception.handler': 'org.apache.kafka.streams.errors.DefaultProductionExceptionHandler',
    });
    expect(jvm).toMatchObject({
      deserializationExceptionHandler: 'log-and-continue',
      processingExceptionHandler: 'fail',
      productionExceptionHandler: 'default',
    });
    const own = (): 'RESUME' => 'RESUME';
    expect(parseConfig({ ...least, productionExceptionHandler: own }).productionExceptionHandler).toBe(own);
    expect(faultsOf(() => parseConfig({ ...least, productionExceptionHandler: 'mine' }))).toMatchObject([
      { name: 'production.exception.handler', came: 'mine' },
    ]);
  });

  test('commits every 30 s with at least once', () => {
    expect(parseConfig({ ...least, processingGuarantee: 'AT_LEAST_ONCE' }).commitIntervalMs).toBe(30_000);
  });

  test('takes the property names of the JVM library, with prefixes of its clients and topics', () => {
    const config = parseConfig({
      'application.id': 'app',
      'bootstrap.servers': ['a:9092'],
      'consumer.session.timeout.ms': '6000',
      'producer.transaction.timeout.ms': '20s',
      'topic.min.insync.replicas': 2,
    });
    expect(config).toMatchObject({
      sessionTimeoutMs: 6_000,
      transactionTimeoutMs: 20_000,
      topicConfigs: { 'min.insync.replicas': '2' },
    });
  });

  test('reports every fault at once, each with its names, what came and what is expected', () => {
    const faults = faultsOf(() => parseConfig({ bootstrapServers: 'no port', numStreamThreads: 0, saslPassword: 7 }));
    expect(faults).toEqual([
      { name: 'application.id', env: 'APPLICATION_ID', came: undefined, expected: expect.any(String) },
      {
        name: 'bootstrap.servers',
        env: 'BOOTSTRAP_SERVERS',
        came: 'no port',
        expected: 'host:port, several separated by commas',
      },
      { name: 'num.stream.threads', env: 'NUM_STREAM_THREADS', came: '0', expected: 'an integer from 1 to 64' },
      { name: 'sasl.password', env: 'SASL_PASSWORD', came: '(secret)', expected: expect.any(String) },
    ]);
  });

  test.each([
    [{ heartbeatIntervalMs: 5_000, sessionTimeoutMs: 5_000 }, 'heartbeat.interval.ms'],
    [{ commitIntervalMs: 10_000, transactionTimeoutMs: 10_000 }, 'commit.interval.ms'],
    [{ deserializationExceptionHandler: 'dead-letter' }, 'errors.dead.letter.queue.topic.name'],
    [{ securityProtocol: 'SASL_SSL' }, 'sasl.username'],
  ])('refuses settings that contradict each other: %j', (input, name) => {
    expect(faultsOf(() => parseConfig({ ...least, ...input })).map((fault) => fault.name)).toEqual([name]);
  });

  test('takes names that the JVM library has given up, where the new one is not given', () => {
    const old = { 'cache.max.bytes.buffering': 0, 'default.deserialization.exception.handler': 'log-and-continue' };
    const config = parseConfig({ ...least, ...old });
    expect(config).toMatchObject({ statestoreCacheMaxBytes: 0, deserializationExceptionHandler: 'log-and-continue' });
    expect(config.warnings[0]).toBe("The setting 'cache.max.bytes.buffering' is now called statestore.cache.max.bytes");
    expect(parseConfig({ ...least, statestoreCacheMaxBytes: 5, ...old }).statestoreCacheMaxBytes).toBe(5);
    const env = { APPLICATION_ID: 'app', BOOTSTRAP_SERVERS: 'a:1', CACHE_MAX_BYTES_BUFFERING: '7' };
    expect(configFromEnv(env).statestoreCacheMaxBytes).toBe(7);
  });

  test('warns about unknown names and names the nearest known one', () => {
    const { warnings } = parseConfig({ ...least, comitIntervalMs: 5, 'num.streams.threads': 2, banana: 1 });
    expect(warnings).toEqual([
      "The setting 'comitIntervalMs' is not known; did you mean commit.interval.ms?",
      "The setting 'num.streams.threads' is not known; did you mean num.stream.threads?",
      "The setting 'banana' is not known",
    ]);
  });
});

describe('configFromEnv', () => {
  test('reads upper-case names and leaves foreign variables alone', () => {
    const config = configFromEnv({
      APPLICATION_ID: 'app',
      BOOTSTRAP_SERVERS: 'a:1',
      COMMIT_INTERVAL_MS: '250',
      TOPIC_MIN_INSYNC_REPLICAS: '2',
      PATH: '/bin',
      NUM_STREAM_THREAD: '2',
    });
    expect(config).toMatchObject({
      commitIntervalMs: 250,
      numStreamThreads: 1,
      topicConfigs: { 'min.insync.replicas': '2' },
    });
    expect(config.warnings).toEqual(["The setting 'NUM_STREAM_THREAD' is not known; did you mean num.stream.threads?"]);
  });

  test('every setting has its own name in code and env, and says what it is', () => {
    const rows = settingRows();
    for (const { code, name, doc } of rows) {
      expect(name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(code);
      expect(doc).not.toBe('');
    }
    expect(new Set(rows.map(({ env }) => env)).size).toBe(rows.length);
  });
});
