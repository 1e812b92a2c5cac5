package takeover;

import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;

/** For each signal: the one before it of its key with its time, and how many there were in the ten seconds before. */
final class Steps implements Processor<String, String, String, String> {
    private ProcessorContext<String, String> context;
    private TimestampedKeyValueStore<String, String> last;
    private WindowStore<String, String> seen;

    @Override
    public void init(final ProcessorContext<String, String> given) {
        context = given;
        last = given.getStateStore("last");
        seen = given.getStateStore("seen");
    }

    @Override
    public void process(final Record<String, String> signal) {
        final ValueAndTimestamp<String> before = last.get(signal.key());
        last.put(signal.key(), ValueAndTimestamp.make(signal.value(), signal.timestamp()));
        seen.put(signal.key(), signal.value(), signal.timestamp());
        final StringBuilder text = new StringBuilder(before == null ? "none" : before.value() + "@" + before.timestamp());
        try (WindowStoreIterator<String> found = seen.fetch(signal.key(), signal.timestamp() - 10_000, signal.timestamp())) {
            while (found.hasNext()) {
                final KeyValue<Long, String> one = found.next();
                text.append(' ').append(one.key).append('=').append(one.value);
            }
        }
        context.forward(signal.withValue(text.toString()));
    }
}
