package takeover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * describe SPEC...: prints topologies, a line `end` after each.
 * run BOOTSTRAP STATE_DIR SESSION_MS SPEC...: runs applications until SIGTERM; prints `APPLICATION_ID STATE` at each change, and
 * `APPLICATION_ID failed: CAUSE` when one ends by itself.
 * A SPEC is SCENARIO=APPLICATION_ID=INPUTS=OUTPUTS, and =NAME=VALUE for each setting of its own.
 */
public final class Main {
    public static void main(final String[] args) {
        if (args[0].equals("run")) run(args);
        else describe(args);
    }

    private static void describe(final String[] args) {
        for (int i = 1; i < args.length; i++) {
            final String[] spec = args[i].split("=");
            System.out.println(Scenarios.topology(spec[0], spec[2], spec[3], config(spec, "none:1", "none", "4000")).describe() + "end");
        }
    }

    private static void run(final String[] args) {
        final List<KafkaStreams> applications = new ArrayList<>();
        for (int i = 4; i < args.length; i++) {
            final String[] spec = args[i].split("=");
            final String id = spec[1];
            final Properties config = config(spec, args[1], args[2], args[3]);
            final KafkaStreams streams = new KafkaStreams(Scenarios.topology(spec[0], spec[2], spec[3], config), config);
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

    private static Properties config(final String[] spec, final String bootstrap, final String stateDir, final String sessionMs) {
        final Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, spec[1]);
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        config.put("session.timeout.ms", sessionMs);
        config.put("heartbeat.interval.ms", "500");
        config.put("transaction.timeout.ms", sessionMs);
        for (int i = 4; i < spec.length; i += 2) config.put(spec[i], spec[i + 1]);
        return config;
    }

    private static Throwable deepest(final Throwable thrown) {
        return thrown.getCause() == null ? thrown : deepest(thrown.getCause());
    }
}
