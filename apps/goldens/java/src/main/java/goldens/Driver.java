package goldens;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.internals.StreamTask;

/**
 * TopologyTestDriver with what it has no word for: all records in the order in which they were handed over, and processing without a commit
 * after each record. It takes the steps of TopologyTestDriver itself, one by one, through its private members.
 */
@SuppressWarnings("unchecked")
final class Driver implements AutoCloseable {
  private final TopologyTestDriver driver;
  private final boolean isManual;
  private final List<ProducerRecord<byte[], byte[]>> produced = new ArrayList<>();

  Driver(final Topology topology, final Properties config, final boolean isManual) {
    this.driver = new TopologyTestDriver(topology, config, Instant.ofEpochMilli(0));
    this.isManual = isManual;
    set("outputRecordsByTopic", new Capture());
  }

  /** The driver puts each record it hands over into the queue of its topic: here all queues are one list. */
  private final class Capture extends HashMap<String, Queue<ProducerRecord<byte[], byte[]>>> {
    @Override
    public Queue<ProducerRecord<byte[], byte[]>> computeIfAbsent(
        final String topic, final Function<? super String, ? extends Queue<ProducerRecord<byte[], byte[]>>> make) {
      return super.computeIfAbsent(topic, name -> new LinkedList<>() {
        @Override
        public boolean add(final ProducerRecord<byte[], byte[]> record) {
          return produced.add(record);
        }
      });
    }
  }

  /** Everything handed over so far. */
  List<ProducerRecord<byte[], byte[]>> produced() {
    return produced;
  }

  void pipe(final String topic, final long timestamp, final byte[] key, final byte[] value, final Headers headers) {
    if (!isManual) {
      call("pipeRecord", topic, timestamp, key, value, headers);
      return;
    }
    final TopicPartition partition = (TopicPartition) call("getInputTopicOrPatternPartition", topic);
    final TopicPartition global = this.<Map<String, TopicPartition>>get("globalPartitionsByInputTopic").get(topic);
    if (partition == null && global == null) throw new IllegalArgumentException("Unknown topic: " + topic);
    if (partition != null) {
      call("enqueueTaskRecord", topic, partition, timestamp, key, value, headers);
      processAll();
    }
    if (global != null) call("processGlobalRecord", global, timestamp, key, value, headers);
  }

  void advanceWallClock(final long millis) {
    if (!isManual) {
      driver.advanceWallClockTime(Duration.ofMillis(millis));
      return;
    }
    this.<Time>get("mockWallClockTime").sleep(millis);
    final StreamTask task = get("task");
    if (task != null) task.maybePunctuateSystemTime();
    processAll();
  }

  void commit() {
    final StreamTask task = get("task");
    if (task == null) return;
    call("commit", task.prepareCommit(true));
    task.postCommit(true);
    processAll();
  }

  private void processAll() {
    call("captureOutputsAndReEnqueueInternalResults");
    final StreamTask task = get("task");
    if (task == null) return;
    final Time time = get("mockWallClockTime");
    task.resumePollingForPartitionsWithAvailableSpace();
    task.updateLags();
    while (task.hasRecordsQueued() && task.isProcessable(time.milliseconds())) {
      task.process(time.milliseconds());
      task.maybePunctuateStreamTime();
      call("captureOutputsAndReEnqueueInternalResults");
    }
  }

  Map<String, StateStore> stores() {
    return driver.getAllStateStores();
  }

  long dropped() {
    return driver.metrics().entrySet().stream()
      .filter(entry -> entry.getKey().name().equals("dropped-records-total"))
      .mapToLong(entry -> ((Number) entry.getValue().metricValue()).longValue())
      .sum();
  }

  /** What the consumer has committed: nothing under exactly-once, where the producer does it. */
  Map<TopicPartition, OffsetAndMetadata> committed() {
    final Map<TopicPartition, OffsetAndMetadata> last = new HashMap<>();
    final Set<TopicPartition> inputs = Set.copyOf(this.<Map<String, TopicPartition>>get("partitionsByInputTopic").values());
    this.<Consumer<byte[], byte[]>>get("consumer").committed(inputs).forEach((partition, offset) -> {
      if (offset != null) last.put(partition, offset);
    });
    return last;
  }

  @Override
  public void close() {
    driver.close();
  }

  private <T> T get(final String field) {
    try {
      return (T) field(field).get(driver);
    } catch (final IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private void set(final String field, final Object value) {
    try {
      field(field).set(driver, value);
    } catch (final IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private static Field field(final String name) {
    try {
      final Field field = TopologyTestDriver.class.getDeclaredField(name);
      field.setAccessible(true);
      return field;
    } catch (final NoSuchFieldException e) {
      throw new AssertionError(e);
    }
  }

  private Object call(final String name, final Object... arguments) {
    try {
      for (final Method method : TopologyTestDriver.class.getDeclaredMethods()) {
        if (!method.getName().equals(name) || !takes(method, arguments)) continue;
        method.setAccessible(true);
        return method.invoke(driver, arguments);
      }
    } catch (final InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) throw cause;
      throw (Error) e.getCause();
    } catch (final IllegalAccessException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("TopologyTestDriver has no " + name);
  }

  private static boolean takes(final Method method, final Object[] arguments) {
    final Class<?>[] types = method.getParameterTypes();
    if (types.length != arguments.length) return false;
    for (int i = 0; i < types.length; i++)
      if (!types[i].isPrimitive() && arguments[i] != null && !types[i].isInstance(arguments[i])) return false;
    return true;
  }
}
