import Operations

/// Reads a kernel's log of `dma:*` tracepoints: the `trace` file of ftrace, `trace-cmd report`, `perf script`.
///
/// Memory does not grow with the log. Lines of other events and lines that are none are counted by kind
/// (``counts``), never dropped in silence. Faults are thrown together, each with its line and column, as
/// ``AccessReader`` does it.
public final class KernelLogReader {
    /// The longest line, in bytes: the bytes of an event of 64 KiB as text, four for each.
    ///
    /// Nothing longer is printed: the kernel's ring buffer holds no event above a page.
    public static let lineLimit = 1 << 17

    /// The most devices, the most functions, and the most kinds of other lines that are told apart.
    public static let nameLimit = 1 << 14

    /// Where the bytes come from.
    public let source: ByteSource
    /// The devices in the order of their first events.
    public var devices: [String] { deviceNames.names }
    /// The functions that called the DMA API, in the order in which stacks named them.
    public var functions: [String] { functionNames.names }
    /// How many lines were read.
    public private(set) var lineCount: UInt64 = 0
    /// How many events were read of `KernelLogEvent.tracepoints`.
    public private(set) var eventCount: UInt64 = 0

    private let window: ByteWindow
    private let lists = KernelLogLists()
    private var deviceNames = NameTable()
    private var functionNames = NameTable()
    private var kinds = NameTable()
    private var kindCounts: [UInt64] = []
    /// Lines of kinds beyond ``nameLimit``.
    private var furtherCount: UInt64 = 0
    private var tracepointCounts = [UInt64](repeating: 0, count: KernelLogEvent.tracepoints.count)
    private var wordNames = NameTable()
    private var wordCounts: [UInt64] = []
    private var faults = TraceErrors()
    private var firstFault: UInt64 = 0
    private var hasFailed = false
    /// Whether the last event of each core was one of ours: whether a stack that follows is.
    private var isOurs: [Bool] = []
    /// The core whose event a stack belongs to; nil: none is awaited.
    private var stackCore: Int32?

    /// Makes a reader.
    public init(_ source: ByteSource) {
        self.source = source
        window = ByteWindow(source)
    }

    /// The DMA addresses of the list of the event that was read last.
    public var dmaAddresses: [UInt64] { lists.dmaAddresses }
    /// The lengths of its DMA segments.
    public var sizes: [UInt64] { lists.sizes }
    /// The physical addresses of its entries.
    public var physicalAddresses: [UInt64] { lists.physicalAddresses }

    /// All lines by kind: our events by tracepoint, then everything else in the order of its first line.
    ///
    /// The counts sum to ``lineCount``.
    public var counts: [(kind: String, isEvent: Bool, count: UInt64)] {
        zip(KernelLogEvent.tracepoints, tracepointCounts).filter { $0.1 > 0 }.map {
            (kind: "\($0.0.name)", isEvent: true, count: $0.1)
        }
            + zip(kinds.names, kindCounts).map { (kind: $0.0, isEvent: false, count: $0.1) }
            + (furtherCount > 0
                ? [(kind: "further kinds", isEvent: false, count: furtherCount)] : [])
    }

    /// Fields and attributes that later kernels may have and that mean nothing here, with how often they stood there.
    public var unknownWords: [(word: String, count: UInt64)] {
        zip(wordNames.names, wordCounts).map { (word: $0.0, count: $0.1) }
    }

    /// Reads the next event.
    ///
    /// - Returns: the event; nil at the end.
    /// - Throws: all faults that were found; again at every later call. A log without an event of DMA is a fault.
    public func next() throws(TraceErrors) -> KernelLogEvent? {
        if hasFailed { throw faults }
        do throws(TraceErrors) {
            while let event = try nextInWindow() {
                if faults.isEmpty { return event }
                guard isWorthReading else { throw faults }
            }
            if !faults.isEmpty { throw faults }
            guard eventCount > 0 else {
                throw TraceErrors([
                    TraceError(
                        file: source.file,
                        found: "\(lineCount) lines without an event of the DMA API",
                        expected:
                            "events such as dma_map_page, as `trace-cmd record -e dma` records")
                ])
            }
            return nil
        } catch {
            hasFailed = true
            if error != faults { for fault in error.errors { faults.append(fault) } }
            throw faults
        }
    }

    private func nextInWindow() throws(TraceErrors) -> KernelLogEvent? {
        while true {
            guard try window.holdLine(limit: Self.lineLimit) else {
                if window.count == 0 { return nil }
                lineCount += 1
                note(
                    LineFault(
                        column: 0, found: "a line of more than \(Self.lineLimit) bytes",
                        expected: "a line of text"))
                throw faults
            }
            lineCount += 1
            var event: KernelLogEvent?
            do throws(LineFault) {
                event = try parse(window.line)
            } catch {
                note(error)
            }
            window.takeLine()
            if let event { return event }
            guard isWorthReading else { throw faults }
        }
    }

    // MARK: Lines

    /// Whether a line is one of a kernel log and of nothing else: the first lines of a file are asked.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        if FunctionGraphLine(line) != nil { return true }
        if let head = KernelLogHead(line) {
            if case .other = head.content { return false }
            return true
        }
        return KernelLogHead.isWord("cpus=", line, 0)
            || KernelLogHead.isWord("CPU:", line, 0)
    }

    private func parse(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> KernelLogEvent? {
        if let graph = FunctionGraphLine(line) { return try parse(graph, line) }
        guard let head = KernelLogHead(line) else { return try parseOther(line) }
        return try parse(line, head)
    }

    /// A line of the function graph tracer, which shows events as comments.
    private func parse(
        _ graph: FunctionGraphLine, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> KernelLogEvent? {
        guard let head = graph.head else {
            count("function calls")
            return nil
        }
        return try parse(UnsafeBufferPointer(rebasing: line[..<graph.end]), head)
    }

    private func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ head: KernelLogHead
    ) throws(LineFault) -> KernelLogEvent? {
        switch head.content {
        case .event(let name, let text):
            for (place, tracepoint) in KernelLogEvent.tracepoints.enumerated()
            where KernelLogHead.isWord(tracepoint.name, line, name) {
                let event = try parse(line, tracepoint, head, text)
                tracepointCounts[place] &+= 1
                eventCount &+= 1
                setOurs(head.core, true)
                stackCore = head.core
                return event
            }
            setOurs(head.core, false)
            stackCore = nil
            count(line, name)
            // `PERF_RECORD_LOST lost 12`
            if KernelLogHead.isWord("PERF_RECORD_LOST", line, name) {
                return lost(Self.number(UnsafeBufferPointer(rebasing: line[text...])))
            }
        case .stack:
            stackCore = isOurs(head.core) ? head.core : nil
            count("stack")
        case .userStack:
            stackCore = nil
            count("stack")
        case .function:
            setOurs(head.core, false)
            count("function calls")
        case .other(let place):
            throw KernelLogText(line, at: 0, KernelLogEvent(kind: .lost)).fault(
                at: place, expected: "an event's name, a colon and its fields")
        }
        return nil
    }

    private func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ tracepoint: KernelLogEvent.Tracepoint,
        _ head: KernelLogHead, _ start: Int
    ) throws(LineFault) -> KernelLogEvent {
        lists.removeAll()
        var text = KernelLogText(line, at: start, KernelLogEvent(kind: tracepoint.kind))
        try text.parse(into: lists)
        if let missing = tracepoint.needed.firstMissing(in: text.fields) {
            throw LineFault(
                column: start + 1, found: "\(tracepoint.name) without \(missing)",
                expected: "\(missing)= among its fields")
        }
        guard !text.device.isEmpty else {
            throw LineFault(
                column: start + 1, found: "\(tracepoint.name) without a device",
                expected: "the device's name")
        }
        var event = text.event
        event.line = lineCount
        event.isPhysical = tracepoint.isPhysical
        event.core = head.core
        event.time = head.time
        event.device = Int32(try deviceNames.place(of: line, text.device, limit: Self.nameLimit))
        for word in text.unknown { note(word: line, word) }
        try check(&event, text.fields, start)
        return event
    }

    /// What must fit together in an event, and counts that the line left to its lists.
    private func check(
        _ event: inout KernelLogEvent, _ fields: KernelLogFields, _ start: Int
    ) throws(LineFault) {
        var isTooLong = event.size > UInt64.max - event.dmaAddress && event.dmaAddress != .max
        if !lists.isEmpty {
            if fields.isSuperset(of: [.dmaAddresses, .sizes]),
                lists.dmaAddresses.count != lists.sizes.count
            {
                throw LineFault(
                    column: start + 1,
                    found: "\(lists.dmaAddresses.count) addresses and \(lists.sizes.count) sizes",
                    expected: "a size for each address")
            }
            if !fields.contains(.entries) { event.entries = lists.physicalAddresses.count }
            if !fields.contains(.segments) { event.segments = lists.dmaAddresses.count }
            isTooLong =
                isTooLong || zip(lists.dmaAddresses, lists.sizes).contains { $1 > .max - $0 }
        }
        if isTooLong {
            throw LineFault(
                column: start + 1, found: "bytes that end above 2^64",
                expected: "addresses and sizes within 64 bits")
        }
    }

    /// Lines without a head: comments, stacks, notes of the recorder.
    private func parseOther(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> KernelLogEvent? {
        var start = 0
        while start < line.count, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        guard start < line.count else {
            stackCore = nil
            count("blank")
            return nil
        }
        if line[start] == UInt8(ascii: "#") {
            count("comments")
        } else if KernelLogHead.isWord("=> ", line, start) {
            return frame(line, start + 3)
        } else if let name = StackFrame.perf(line, start) {
            return frame(line, name)
        } else if KernelLogHead.isWord("<stack trace", line, start) {
            count("stack")
        } else if KernelLogHead.isWord("CPU:", line, start) {
            return try lost(line, start + 4)
        } else if KernelLogHead.isWord("cpus=", line, start)
            || KernelLogHead.isWord("version = ", line, start)
        {
            count("recorder's head")
        } else if KernelLogHead.isWord("[LINE TOO BIG]", line, start) {
            count("events too long for the kernel to print")
            return lost(1)
        } else {
            throw KernelLogText(line, at: 0, KernelLogEvent(kind: .lost)).fault(
                at: start,
                expected: "a line of ftrace, trace-cmd or perf: TASK-PID [CPU] TIME: EVENT: FIELDS")
        }
        return nil
    }

    /// `CPU:1 [LOST 14 EVENTS]` of the kernel, `CPU:1 [14 EVENTS DROPPED]` of trace-cmd.
    private func lost(
        _ line: UnsafeBufferPointer<UInt8>, _ start: Int
    ) throws(LineFault) -> KernelLogEvent {
        var place = start
        while place < line.count, line[place] != UInt8(ascii: "[") { place += 1 }
        let bracket = place
        let words = UnsafeBufferPointer(rebasing: line[bracket...])
        let text = String(decoding: words, as: UTF8.self)
        guard text.hasPrefix("[LOST ") || text.hasSuffix(" EVENTS DROPPED]") else {
            throw KernelLogText(line, at: 0, KernelLogEvent(kind: .lost)).fault(
                at: start, expected: "CPU:N [LOST M EVENTS] or CPU:N [M EVENTS DROPPED]")
        }
        count("notes of lost events")
        return lost(Self.number(words))
    }

    /// The digits of some words as a number.
    private static func number(_ words: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for byte in words where KernelLogHead.isDigit(byte) {
            value = min(value, 1 << 50) * 10 + UInt64(byte & 15)
        }
        return value
    }

    private func lost(_ number: UInt64) -> KernelLogEvent {
        var event = KernelLogEvent(kind: .lost)
        event.line = lineCount
        event.count = number
        stackCore = nil
        return event
    }

    // MARK: Stacks

    private func frame(_ line: UnsafeBufferPointer<UInt8>, _ start: Int) -> KernelLogEvent? {
        count("stack")
        guard let core = stackCore else { return nil }
        var end = start
        while end < line.count, line[end] != 0x20, line[end] != UInt8(ascii: "+") { end += 1 }
        guard end > start,
            !StackFrame.isInside(line, start)
        else { return nil }
        stackCore = nil
        guard let place = functionNames.find(line, start..<end, limit: Self.nameLimit) else {
            return nil
        }
        var event = KernelLogEvent(kind: .stack)
        event.line = lineCount
        event.core = core
        event.function = Int32(place)
        return event
    }

    private func isOurs(_ core: Int32) -> Bool {
        let place = Int(core) + 1
        return place < isOurs.count && isOurs[place]
    }

    private func setOurs(_ core: Int32, _ value: Bool) {
        // Core -1 is the log that names none. Higher numbers than any machine has are not followed.
        let place = Int(core) + 1
        guard place < Self.nameLimit else { return }
        while place >= isOurs.count { isOurs.append(false) }
        isOurs[place] = value
    }

    // MARK: Counts and faults

    private func count(_ kind: StaticString) {
        let bytes = UnsafeBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount)
        count(bytes, 0..<bytes.count)
    }

    private func count(_ line: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) {
        guard let place = kinds.find(line, name, limit: Self.nameLimit) else {
            furtherCount &+= 1
            return
        }
        if place == kindCounts.count { kindCounts.append(0) }
        kindCounts[place] &+= 1
    }

    private func note(word line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) {
        guard let place = wordNames.find(line, word, limit: Self.nameLimit) else { return }
        if place == wordCounts.count { wordCounts.append(0) }
        wordCounts[place] &+= 1
    }

    private var isWorthReading: Bool {
        faults.isEmpty
            || (faults.errors.count < TraceErrors.limit
                && window.taken - firstFault < UInt64(AccessReader.lookAhead))
    }

    private func note(_ fault: LineFault) {
        if faults.isEmpty { firstFault = window.taken }
        faults.append(
            TraceError(
                file: source.file, line: Int(lineCount), column: fault.column, found: fault.found,
                expected: fault.expected, hint: fault.hint))
    }
}
