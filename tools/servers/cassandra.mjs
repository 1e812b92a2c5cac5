/** Apache Cassandra 5.0.8, one small node from Maven artifacts. Needs Java 17 exactly. Data centre `datacenter1`. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { home } from './home.mjs';
import { javaHome, mavenLibrary } from './java.mjs';
import { portOpen, requireFree, runningPid, startProcess, stopProcess, waitReady, withLock } from './process.mjs';

export const cassandra = {
  name: 'cassandra',
  defaultPort: 29042,

  address: (port) => `127.0.0.1:${port}`,
  isUp: async (port) => runningPid(files(port).pidFile) !== undefined && (await portOpen('127.0.0.1', port)),

  async up({ port, reset = false }) {
    const { dir, pidFile, logFile, config } = files(port);
    await withLock(dir, async () => {
      if (reset) {
        await stopProcess(pidFile);
        rmSync(path.join(dir, 'data'), { recursive: true, force: true });
      }
      if (runningPid(pidFile) === undefined) {
        const java = path.join(javaHome(17, 17), 'bin/java');
        const lib = mavenLibrary('cassandra-5.0.8', ['org.apache.cassandra:cassandra-all:5.0.8']);
        await requireFree('127.0.0.1', [port, port + 1, port + 2]);
        mkdirSync(path.join(dir, 'data'), { recursive: true });
        writeFileSync(config, cassandraYaml(port, path.join(dir, 'data')));
        writeFileSync(path.join(dir, 'logback.xml'), logback);
        startProcess({ pidFile, logFile, command: java, args: javaArguments({ lib, dir, config, port }) });
      }
      const ready = async () =>
        /Startup complete/.test(readFileSync(logFile, 'utf8')) && (await portOpen('127.0.0.1', port));
      await waitReady({ name: 'cassandra', pidFile, logFile, ready, timeoutMs: 180_000 });
    });
  },

  down: (port) => stopProcess(files(port).pidFile),
};

function files(port) {
  const dir = path.join(home(), `millrace-cassandra-${port}`);
  return {
    dir,
    pidFile: path.join(dir, 'pid'),
    logFile: path.join(dir, 'server.log'),
    config: path.join(dir, 'cassandra.yaml'),
  };
}

const exportedPackages = [
  'java.base/jdk.internal.misc',
  'java.base/java.lang.ref',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
  'jdk.compiler/com.sun.tools.javac.file',
  'jdk.attach/sun.tools.attach',
];
const openedPackages = [
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.io',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/sun.nio.ch',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
  'jdk.compiler/com.sun.tools.javac',
];

function javaArguments({ lib, dir, config, port }) {
  const agent = readdirSync(lib).find((file) => /^jamm-.*\.jar$/.test(file));
  return [
    '-Xms256m',
    '-Xmx256m',
    '-Xss256k',
    '-XX:+UseSerialGC',
    '-XX:MaxDirectMemorySize=128m',
    '-XX:ReservedCodeCacheSize=96m',
    '-Djdk.attach.allowAttachSelf=true',
    '-Dio.netty.tryReflectionSetAccessible=true',
    ...exportedPackages.flatMap((name) => ['--add-exports', `${name}=ALL-UNNAMED`]),
    ...openedPackages.flatMap((name) => ['--add-opens', `${name}=ALL-UNNAMED`]),
    `-javaagent:${path.join(lib, agent)}`,
    `-Dcassandra.config=file://${config}`,
    `-Dcassandra.storagedir=${path.join(dir, 'data')}`,
    `-Dcassandra.logdir=${dir}`,
    '-Dcassandra-foreground=yes',
    `-Dlogback.configurationFile=${path.join(dir, 'logback.xml')}`,
    `-Dcassandra.jmx.local.port=${port + 2}`,
    '-Dcassandra.ring_delay_ms=100',
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    '-Dcassandra.superuser_setup_delay_ms=0',
    '-Dcassandra.load_ring_state=false',
    '-cp',
    `${lib}/*`,
    'org.apache.cassandra.service.CassandraDaemon',
  ];
}

function cassandraYaml(port, dataDir) {
  return `cluster_name: millrace
num_tokens: 1
initial_token: 0
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
listen_address: 127.0.0.1
rpc_address: 127.0.0.1
storage_port: ${port + 1}
native_transport_port: ${port}
start_native_transport: true
data_file_directories: [${dataDir}/data]
commitlog_directory: ${dataDir}/commitlog
hints_directory: ${dataDir}/hints
saved_caches_directory: ${dataDir}/saved_caches
cdc_raw_directory: ${dataDir}/cdc_raw
commitlog_sync: periodic
commitlog_sync_period: 10000ms
commitlog_segment_size: 8MiB
commitlog_total_space: 128MiB
commitlog_disk_access_mode: legacy
memtable_heap_space: 32MiB
memtable_offheap_space: 32MiB
key_cache_size: 0MiB
counter_cache_size: 0MiB
file_cache_enabled: false
networking_cache_size: 16MiB
concurrent_reads: 8
concurrent_writes: 8
concurrent_counter_writes: 4
concurrent_compactors: 1
endpoint_snitch: SimpleSnitch
auto_bootstrap: false
authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
role_manager: CassandraRoleManager
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:${port + 1}"
`;
}

const logback = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%-5level %date{HH:mm:ss.SSS} %msg%n</pattern></encoder></appender>
  <logger name="org.apache.cassandra.transport" level="ERROR"/>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
`;
