import Operations
import Traces

/// A mark in a trace that stands for an event of a log.
///
/// `mark dma:EVENT [DEVICE] …`, or the same without `dma:`. EVENT is a tracepoint (`dma_map_page`) or a function that one
/// tells (`dma_map_single`); `dma:next` is the next event, whatever it is. What follows the device is a remark.
struct MergeMark {
    /// Which event; nil: the next one.
    var kind: KernelLogEvent.Kind?
    /// For which device; nil: for any.
    var device: String?
    /// The place in the trace, among all statements.
    var place = 0
    /// The line, or the number of the access.
    var line: UInt32 = 0
    /// The mark as it stands there.
    var text: String

    /// Reads the text of a mark; nil for a mark that is something else.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - devices: The names that devices of the log have.
    /// - Throws: what is wrong with a mark that begins with `dma:`.
    init?(_ text: String, devices: Set<String>) throws(MarkFault) {
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        guard let first = words.first else { return nil }
        let isPlain = !first.hasPrefix("dma:")
        let name = isPlain ? first : String(first.dropFirst(4))
        self.text = "mark " + text.prefix(80)
        let second = words.count > 1 ? words[1] : nil
        if !isPlain, name == "next" {
            guard second == nil else {
                throw MarkFault(found: self.text, expected: "mark dma:next alone")
            }
            return
        }
        guard let kind = Self.kind(name) else {
            if isPlain { return nil }
            throw MarkFault(
                found: "the event \(name)",
                expected: "dma:next, or dma: and a tracepoint or function such as dma_map_page")
        }
        if let second, !devices.contains(second) {
            // Words behind a function's name are a remark of anybody's.
            if isPlain { return nil }
            throw MarkFault(
                found: "the device \(second)",
                expected:
                    "a device of the log: \(devices.sorted().prefix(20).joined(separator: ", "))")
        }
        self.kind = kind
        device = second
    }

    /// A mark that is a store to an address.
    init(_ store: MarkStore) {
        kind = store.kind
        device = store.device
        text = "a store to 0x\(String(store.address, radix: 16))"
    }

    /// The event of a tracepoint or a function.
    static func kind(_ name: String) -> KernelLogEvent.Kind? {
        KernelLogEvent.Kind(tracepoint: name) ?? DMACall.Function(rawValue: name)?.event
    }
}

/// What is wrong with a mark.
struct MarkFault: Error {
    var found: String
    var expected: String
}

/// An address whose stores are marks.
public struct MarkStore: Sendable {
    /// The address as the trace has it.
    public var address: UInt64
    /// Which event; nil: the next one.
    public var kind: KernelLogEvent.Kind?
    /// For which device; nil: for any.
    public var device: String?

    /// Reads `ADDRESS`, `ADDRESS=EVENT` or `ADDRESS=EVENT,DEVICE`; nil if the text is none of that.
    public init?(_ text: String) {
        let parts = text.split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        let isHexadecimal = parts[0].hasPrefix("0x")
        guard
            let address = isHexadecimal
                ? UInt64(parts[0].dropFirst(2), radix: 16) : UInt64(parts[0])
        else { return nil }
        self.address = address
        guard parts.count == 2 else { return }
        let words = parts[1].split(
            separator: ",", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        guard let kind = MergeMark.kind(words[0]), words.count == 1 || !words[1].isEmpty else {
            return nil
        }
        self.kind = kind
        device = words.count == 2 ? words[1] : nil
    }
}
