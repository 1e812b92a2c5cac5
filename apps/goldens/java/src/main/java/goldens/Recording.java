package goldens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/** Runs a case and writes down what came of it. */
final class Recording {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final JsonNode golden;
  private final Properties config = new Properties();
  private final ObjectNode expected = JSON.objectNode();
  private final List<ObjectNode> inputs = new ArrayList<>();
  /** The step that caused each record handed over. */
  private final List<Integer> causes = new ArrayList<>();

  private Recording(final JsonNode golden, final String stateDirectory) {
    this.golden = golden;
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "app");
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, "org.apache.kafka.common.serialization.Serdes$StringSerde");
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, "org.apache.kafka.common.serialization.Serdes$StringSerde");
    config.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
    golden.path("config").properties().forEach(entry -> config.put(entry.getKey(), entry.getValue().textValue()));
  }

  /** The case with `expected`, and the bytes fed in, as they are now. */
  static ObjectNode of(final JsonNode golden, final String stateDirectory) {
    final Recording recording = new Recording(golden, stateDirectory);
    for (final JsonNode input : golden.get("inputs")) {
      final ObjectNode copy = input.deepCopy();
      copy.remove(List.of("keyHex", "valueHex"));
      recording.inputs.add(copy);
    }
    recording.record();
    final ObjectNode made = golden.deepCopy();
    made.set("inputs", JSON.arrayNode().addAll(recording.inputs));
    made.set("expected", recording.expected);
    return made;
  }

  private void record() {
    final Topology topology;
    try {
      final JsonNode steps = golden.get("topology");
      topology = golden.has("api") ? TopologySteps.build(steps, config) : DslSteps.build(steps, config);
      expected.put("describe", topology.describe().toString());
    } catch (final Exception e) {
      fail("build", null, e);
      return;
    }
    final Driver driver;
    try {
      driver = new Driver(topology, config, golden.path("commit").asText().equals("manual"));
    } catch (final Exception e) {
      fail("start", -1, e);
      return;
    }
    final Structure structure = new Structure(topology);
    try {
      final boolean isWhole = feed(driver);
      expected.set("copartitionGroups", structure.copartitionGroups());
      if (isExactlyOnce()) expected.put("note", "exactly_once_v2");
      handedOver(driver, structure);
      expected.set("subtopologies", structure.subtopologies());
      expected.set("internalTopics", structure.internalTopics());
      expected.put("droppedRecords", driver.dropped());
      if (isWhole) end(driver, structure);
    } finally {
      close(driver);
    }
  }

  /** What caches still hold at the end may meet processors that are closed already: that is no part of a case. */
  private static void close(final Driver driver) {
    try {
      driver.close();
    } catch (final RuntimeException e) {
      // The case is recorded.
    }
  }

  private boolean isExactlyOnce() {
    return "exactly_once_v2".equals(config.get(StreamsConfig.PROCESSING_GUARANTEE_CONFIG));
  }

  /** Whether all inputs were fed. */
  private boolean feed(final Driver driver) {
    for (int step = 0; step < inputs.size(); step++) {
      try {
        give(inputs.get(step), driver);
      } catch (final Exception e) {
        fail("run", step, e);
        return false;
      }
      while (causes.size() < driver.produced().size()) causes.add(step);
    }
    return true;
  }

  private void give(final ObjectNode input, final Driver driver) {
    if (input.has("commit")) {
      driver.commit();
      return;
    }
    if (input.has("advanceWallClockMs")) {
      driver.advanceWallClock(input.get("advanceWallClockMs").longValue());
      return;
    }
    final String topic = input.get("topic").textValue();
    final JsonNode serdes = golden.path("topics").path(topic);
    final byte[] key = CaseSerdes.serialize(serdes.path(0).asText("string"), topic, input.get("key").textValue());
    final byte[] value = CaseSerdes.serialize(serdes.path(1).asText("string"), topic, input.get("value").textValue());
    input.put("keyHex", Hex.of(key)).put("valueHex", Hex.of(value));
    final RecordHeaders headers = new RecordHeaders();
    for (final JsonNode header : input.path("headers")) {
      final String hex = header.get(1).textValue();
      headers.add(new RecordHeader(header.get(0).textValue(), hex == null ? null : java.util.HexFormat.of().parseHex(hex)));
    }
    driver.pipe(topic, input.get("ts").longValue(), key, value, headers);
  }

  private void fail(final String phase, final Integer step, final Exception e) {
    final ObjectNode error = JSON.objectNode().put("phase", phase);
    if (step != null) error.put("step", step);
    error.put("class", e.getClass().getName());
    Throwable root = e;
    while (root.getCause() != null) root = root.getCause();
    if (phase.equals("build")) error.put("message", e.getMessage());
    if (root != e) error.put("rootClass", root.getClass().getName());
    if (!phase.equals("build")) error.put("rootMessage", root.getMessage());
    if (phase.equals("build")) expected.removeAll();
    expected.set("error", error);
  }

  private void handedOver(final Driver driver, final Structure structure) {
    final ArrayNode outputs = JSON.arrayNode();
    final Map<String, ArrayNode> changelogs = new TreeMap<>();
    final Map<String, ArrayNode> repartition = new TreeMap<>();
    for (int n = 0; n < causes.size(); n++) {
      final ProducerRecord<byte[], byte[]> record = driver.produced().get(n);
      final ObjectNode made = JSON.objectNode().put("step", causes.get(n)).put("n", n);
      final String topic = record.topic();
      if (structure.isChangelog(topic)) changelogs.computeIfAbsent(topic, name -> JSON.arrayNode()).add(written(made, record));
      else if (structure.isRepartition(topic)) repartition.computeIfAbsent(topic, name -> JSON.arrayNode()).add(written(made, record));
      else outputs.add(written(made.put("topic", topic), record));
    }
    expected.set("outputs", outputs);
    expected.set("changelogs", JSON.objectNode().setAll(changelogs));
    expected.set("repartition", JSON.objectNode().setAll(repartition));
  }

  private static ObjectNode written(final ObjectNode made, final ProducerRecord<byte[], byte[]> record) {
    made.put("key", Hex.of(record.key())).put("value", Hex.of(record.value()));
    text(made, "keyText", record.key());
    text(made, "valueText", record.value());
    made.put("ts", record.timestamp());
    if (record.partition() != null) made.put("partition", record.partition());
    final ArrayNode headers = JSON.arrayNode();
    for (final Header header : record.headers()) {
      final boolean isTrace = header.key().equals("__streams.errors.stacktrace");
      headers.add(JSON.arrayNode().add(header.key()).add(isTrace ? "*" : Hex.of(header.value())));
    }
    if (!headers.isEmpty()) made.set("headers", headers);
    return made;
  }

  /** For the reader only: bytes that are printable UTF-8. */
  private static void text(final ObjectNode made, final String field, final byte[] bytes) {
    if (bytes == null) return;
    try {
      final String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.chars().noneMatch(Character::isISOControl)) made.put(field, text);
    } catch (final CharacterCodingException e) {
      // No text: the hex says it all.
    }
  }

  private void end(final Driver driver, final Structure structure) {
    final ObjectNode stores = JSON.objectNode();
    new TreeMap<>(driver.stores()).forEach((name, store) -> {
      final String changelog = structure.changelogOf(name);
      final ObjectNode rows = StoreRows.of(store, driver.produced().stream().filter(record -> record.topic().equals(changelog)).toList());
      if (rows != null) stores.set(name, rows);
    });
    expected.set("stores", stores);
    final ObjectNode committed = expected.putObject("committed");
    final Map<String, ObjectNode> sorted = new TreeMap<>();
    driver.committed().forEach((partition, offset) ->
      sorted.put(partition.toString(), JSON.objectNode().put("offset", offset.offset()).put("metadata", offset.metadata())));
    committed.setAll(sorted);
  }
}
