package takeover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * describe SCENARIO INPUTS OUTPUTS: prints the topology.
 * run BOOTSTRAP STATE_DIR SESSION_MS SCENARIO=APPLICATION_ID=INPUTS=OUTPUTS...: runs applications until SIGTERM; prints `APPLICATION_ID STATE` at
 * each change, and `APPLICATION_ID failed: CAUSE` when one ends by itself.
 */
public final class Main {
    public static void main(final String[] args) {
        if (args[0].equals("describe")) System.out.print(Scenarios.topology(args[1], args[2], args[3]).describe());
        else run(args);
    }

    private static void run(final String[] args) {
        final List<KafkaStreams> applications = new ArrayList<>();
        for (int i = 4; i < args.length; i++) {
            final String[] spec = args[i].split("=");
            final String id = spec[1];
            final KafkaStreams streams =
                new KafkaStreams(Scenarios.topology(spec[0], spec[2], spec[3]), config(id, args[1], args[2], args[3]));
            streams.setStateListener((now, before) -> System.out.println(id + " " + now));
            streams.setUncaughtExceptionHandler(thrown -> {
                System.out.println(id + " failed: " + deepest(thrown));
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            applications.add(streams);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> closeAll(applications)));
        applications.forEach(KafkaStreams::start);
    }

    private static void closeAll(final List<KafkaStreams> applications) {
        final List<Thread> closing = new ArrayList<>();
        for (final KafkaStreams streams : applications) {
            final Thread one = new Thread(() -> streams.close(Duration.ofSeconds(30)));
            one.start();
            closing.add(one);
        }
        for (final Thread one : closing) {
            try {
                one.join();
            } catch (final InterruptedException stopped) {
                return;
            }
        }
    }

    private static Properties config(final String id, final String bootstrap, final String stateDir, final String sessionMs) {
        final Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        config.put("session.timeout.ms", sessionMs);
        config.put("heartbeat.interval.ms", "500");
        config.put("transaction.timeout.ms", sessionMs);
        return config;
    }

    private static Throwable deepest(final Throwable thrown) {
        return thrown.getCause() == null ? thrown : deepest(thrown.getCause());
    }
}
