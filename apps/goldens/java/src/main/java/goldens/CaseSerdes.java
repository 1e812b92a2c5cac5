package goldens;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/** Serdes by text, such as {@code timeWindowed(string,10)}. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class CaseSerdes {
  private static final Pattern OF_ANOTHER = Pattern.compile("(timeWindowed|sessionWindowed|list)\\((.*?)(?:,(\\d+))?\\)");

  private CaseSerdes() { }

  /** What a field names; null if it is not there. */
  static Serde of(final JsonNode step, final String field) {
    final JsonNode spec = step.get(field);
    return spec == null ? null : of(spec.textValue());
  }

  static Serde of(final String spec) {
    final Matcher other = OF_ANOTHER.matcher(spec);
    if (other.matches()) return ofAnother(other.group(1), of(other.group(2)), other.group(3));
    return switch (spec) {
      case "string" -> Serdes.String();
      case "long" -> Serdes.Long();
      case "int" -> Serdes.Integer();
      case "short" -> Serdes.Short();
      case "float" -> Serdes.Float();
      case "double" -> Serdes.Double();
      case "boolean" -> Serdes.Boolean();
      case "uuid" -> Serdes.UUID();
      case "bytes" -> Serdes.Bytes();
      case "byteArray" -> Serdes.ByteArray();
      case "void" -> Serdes.Void();
      default -> throw new IllegalArgumentException("unknown serde " + spec);
    };
  }

  private static Serde ofAnother(final String name, final Serde inner, final String size) {
    return switch (name) {
      case "timeWindowed" -> new WindowedSerdes.TimeWindowedSerde(inner, Long.parseLong(size));
      case "sessionWindowed" -> new WindowedSerdes.SessionWindowedSerde(inner);
      default -> Serdes.ListSerde(ArrayList.class, inner);
    };
  }

  /** The bytes of a key or value of an input, which a case writes as text. */
  static byte[] serialize(final String spec, final String topic, final String text) {
    if (text == null) return null;
    final Object value = switch (spec) {
      case "long" -> Long.valueOf(text);
      case "int" -> Integer.valueOf(text);
      case "short" -> Short.valueOf(text);
      case "float" -> Float.valueOf(text);
      case "double" -> Double.valueOf(text);
      case "boolean" -> Boolean.valueOf(text);
      case "uuid" -> UUID.fromString(text);
      case "bytes" -> Bytes.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      case "byteArray" -> text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      default -> text;
    };
    return of(spec).serializer().serialize(topic, value);
  }
}
