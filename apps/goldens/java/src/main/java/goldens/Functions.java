package goldens;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;

/** The functions of the case language by name. Everything after the first colon of a name is an argument. */
final class Functions {
  private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,18}");

  private Functions() { }

  interface OfKeyValue { Object apply(Object key, Object value); }

  interface OfThree { Object apply(Object key, Object a, Object b); }

  interface Test { boolean test(Object key, Object value); }

  /** A function with its argument. */
  record Named(String name, String argument) {
    static Named of(final String spec) {
      final int at = spec.indexOf(':');
      return at < 0 ? new Named(spec, "") : new Named(spec.substring(0, at), spec.substring(at + 1));
    }

    IllegalArgumentException unknown(final String what) {
      return new IllegalArgumentException("unknown " + what + " " + name);
    }
  }

  static String text(final Object value) {
    if (value == null) return "null";
    if (value instanceof Windowed<?> windowed)
      return text(windowed.key()) + "@" + windowed.window().start() + "-" + windowed.window().end();
    if (value instanceof Bytes bytes) return Hex.of(bytes.get());
    return value instanceof byte[] bytes ? Hex.of(bytes) : value.toString();
  }

  static boolean isInt(final String text) {
    return INTEGER.matcher(text).matches();
  }

  static long num(final Object value) {
    if (value == null) return 0;
    if (value instanceof Number number) return number.longValue();
    final String text = text(value);
    return isInt(text) ? Long.parseLong(text) : text.length();
  }

  static String str(final Object value) {
    return value == null ? "" : text(value);
  }

  static String field(final Object value, final int n) {
    if (value == null) return null;
    final String[] parts = text(value).split(",", -1);
    return n < parts.length ? parts[n] : null;
  }

  private static String firstChar(final Object value) {
    final String text = text(value);
    return text.isEmpty() ? "" : text.substring(0, 1);
  }

  private static OfKeyValue ofValue(final java.util.function.Function<String, Object> fn) {
    return (k, v) -> v == null ? null : fn.apply(text(v));
  }

  private static OfKeyValue ofKey(final java.util.function.Function<String, Object> fn) {
    return (k, v) -> k == null ? null : fn.apply(text(k));
  }

  private static Object thrown(final String x) {
    throw new IllegalStateException("thrown by throwIf:" + x);
  }

  private static boolean is(final Object value, final String x) {
    return value != null && text(value).equals(x);
  }

  static OfKeyValue keyValue(final String spec) {
    final Named fn = Named.of(spec);
    final String x = fn.argument();
    return switch (fn.name()) {
      case "value" -> (k, v) -> v;
      case "key" -> (k, v) -> k;
      case "null" -> (k, v) -> null;
      case "const" -> (k, v) -> x;
      case "upper" -> ofValue(v -> v.toUpperCase(Locale.ROOT));
      case "lower" -> ofValue(v -> v.toLowerCase(Locale.ROOT));
      case "append" -> ofValue(v -> v + x);
      case "prepend" -> ofValue(v -> x + v);
      case "length" -> ofValue(String::length);
      case "longLength" -> ofValue(v -> (long) v.length());
      case "firstChar" -> ofValue(Functions::firstChar);
      case "keyFirstChar" -> ofKey(Functions::firstChar);
      case "field" -> (k, v) -> field(v, Integer.parseInt(x));
      case "keyField" -> (k, v) -> field(k, Integer.parseInt(x));
      case "nullIf" -> (k, v) -> is(v, x) ? null : v;
      case "nullIfKey" -> (k, v) -> is(k, x) ? null : k;
      case "nullIfStarts" -> (k, v) -> v != null && text(v).startsWith(x) ? null : v;
      case "toLong" -> (k, v) -> isInt(text(v)) ? Long.valueOf(text(v)) : null;
      case "toString" -> ofValue(v -> v);
      case "add" -> (k, v) -> v == null ? null : num(v) + Long.parseLong(x);
      case "keyValue" -> (k, v) -> text(k) + ":" + text(v);
      case "keyAppend" -> ofKey(k -> k + x);
      case "keyUpper" -> ofKey(k -> k.toUpperCase(Locale.ROOT));
      case "keyText" -> ofKey(k -> k);
      case "windowKey" -> (k, v) -> k == null ? null : ((Windowed<?>) k).key();
      case "windowStart" -> (k, v) -> k == null ? null : ((Windowed<?>) k).window().start();
      case "throwIf" -> (k, v) -> is(v, x) ? thrown(x) : v;
      default -> throw fn.unknown("function");
    };
  }

  static Test predicate(final String spec) {
    final Named fn = Named.of(spec);
    final String x = fn.argument();
    return switch (fn.name()) {
      case "all" -> (k, v) -> true;
      case "none" -> (k, v) -> false;
      case "even" -> (k, v) -> num(v) % 2 == 0;
      case "gt" -> (k, v) -> num(v) > Long.parseLong(x);
      case "valueNotNull" -> (k, v) -> v != null;
      case "startsWith" -> (k, v) -> v != null && text(v).startsWith(x);
      case "contains" -> (k, v) -> v != null && text(v).contains(x);
      case "valueIs" -> (k, v) -> is(v, x);
      case "keyIs" -> (k, v) -> is(k, x);
      default -> throw fn.unknown("predicate");
    };
  }

  static OfThree joiner(final String spec) {
    final Named fn = Named.of(spec);
    return switch (fn.name()) {
      case "concat" -> (k, l, r) -> text(l) + "+" + text(r);
      case "withKey" -> (k, l, r) -> text(k) + ":" + text(l) + "+" + text(r);
      case "left" -> (k, l, r) -> l;
      case "right" -> (k, l, r) -> r;
      case "sum" -> (k, l, r) -> num(l) + num(r);
      case "nullIfRight" -> (k, l, r) -> is(r, fn.argument()) ? null : text(l) + "+" + text(r);
      default -> throw fn.unknown("joiner");
    };
  }

  static OfThree aggregator(final String spec) {
    final Named fn = Named.of(spec);
    final String x = fn.argument();
    return switch (fn.name()) {
      case "concat" -> (k, v, a) -> str(a) + text(v);
      case "concatKey" -> (k, v, a) -> str(a) + text(k) + text(v);
      case "count" -> (k, v, a) -> num(a) + 1;
      case "uncount" -> (k, v, a) -> num(a) - 1;
      case "sum" -> (k, v, a) -> num(a) + num(v);
      case "sub" -> (k, v, a) -> num(a) - num(v);
      case "max" -> (k, v, a) -> Math.max(num(a), num(v));
      case "last" -> (k, v, a) -> v;
      case "nullOn" -> (k, v, a) -> is(v, x) ? null : str(a) + text(v);
      case "removeFirst" -> (k, v, a) -> removeFirst(str(a), text(v));
      case "throwIf" -> (k, v, a) -> is(v, x) ? thrown(x) : str(a) + text(v);
      default -> throw fn.unknown("aggregator");
    };
  }

  static BinaryOperator<Object> reducer(final String spec) {
    final Named fn = Named.of(spec);
    return switch (fn.name()) {
      case "concat" -> (a, v) -> text(a) + text(v);
      case "first" -> (a, v) -> a;
      case "last" -> (a, v) -> v;
      case "sum" -> (a, v) -> num(a) + num(v);
      case "sub" -> (a, v) -> num(a) - num(v);
      case "max" -> (a, v) -> text(v).compareTo(text(a)) > 0 ? v : a;
      case "nullOn" -> (a, v) -> is(v, fn.argument()) ? null : text(a) + text(v);
      case "removeFirst" -> (a, v) -> removeFirst(text(a), text(v));
      default -> throw fn.unknown("reducer");
    };
  }

  private static String removeFirst(final String text, final String part) {
    final int at = text.indexOf(part);
    return at < 0 ? text : text.substring(0, at) + text.substring(at + part.length());
  }

  static Object initial(final String spec) {
    final Named fn = Named.of(spec);
    return switch (fn.name()) {
      case "empty" -> "";
      case "zero" -> 0L;
      case "null" -> null;
      case "const" -> fn.argument();
      default -> throw fn.unknown("initializer");
    };
  }

  static OfThree merger(final String spec) {
    return switch (spec) {
      case "concat" -> (k, a, b) -> str(a) + str(b);
      case "sum" -> (k, a, b) -> num(a) + num(b);
      case "second" -> (k, a, b) -> b;
      default -> throw Named.of(spec).unknown("merger");
    };
  }

  private static List<String> words(final Object value) {
    if (value == null) return List.of();
    return Arrays.stream(text(value).split(" ", -1)).filter(word -> !word.isEmpty()).toList();
  }

  static Iterable<KeyValue<Object, Object>> flatMap(final String spec, final Object key, final Object value) {
    final List<KeyValue<Object, Object>> made = new ArrayList<>();
    switch (spec) {
      case "splitWords" -> words(value).forEach(word -> made.add(KeyValue.pair(word, word)));
      case "twice" -> {
        made.add(KeyValue.pair(key, value));
        made.add(KeyValue.pair(key, text(value) + "'"));
      }
      case "swap" -> made.add(KeyValue.pair(value, key));
      case "none" -> { }
      case "nullKey" -> {
        made.add(KeyValue.pair(null, value));
        made.add(KeyValue.pair(key, value));
      }
      default -> throw Named.of(spec).unknown("flatMap function");
    }
    return made;
  }

  static Iterable<Object> flatMapValues(final String spec, final Object value) {
    return switch (spec) {
      case "splitWords" -> new ArrayList<>(words(value));
      case "twice" -> List.of(text(value), text(value) + "'");
      case "none" -> List.of();
      case "withNull" -> Arrays.asList(value, null);
      default -> throw Named.of(spec).unknown("flatMapValues function");
    };
  }
}
