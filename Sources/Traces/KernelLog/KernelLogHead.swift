/// The head of a line of a kernel log: everything before the event's own text.
///
/// Three programs print three layouts (linux-dma.md §4.4), and options change each of them:
/// ```
///       ip-164     [000] d.h..     4.192714: dma_map_page: TEXT                   the kernel's `trace` file
///       ip-164     [000] d.h.      4.192714: dma_map_page:         TEXT           trace-cmd report
///       ip     164 [000]     4.192714:          dma:dma_map_page: TEXT            perf script
/// ```
/// A command's name may have blanks, dashes and brackets. So the time is looked for, a number with a colon and an
/// event's name behind it, and what stands before it is read backwards.
struct KernelLogHead {
    /// What follows the time.
    enum Content {
        /// An event: its name without the system, and where its text begins.
        case event(name: Range<Int>, text: Int)
        /// `<stack trace>`: the lines after it are the stack of an event before.
        case stack
        /// `<user stack trace>`: the lines after it are frames of a program.
        case userStack
        /// What the function tracer prints: a function and its caller.
        case function
        /// Nothing that is known.
        case other(Int)
    }

    /// The core's number; -1 where the line does not say.
    var core: Int32
    /// In nanoseconds; nil for a clock that does not count seconds.
    var time: UInt64?
    /// What follows.
    var content: Content

    /// The longest head: names of commands have 15 characters, names of tracepoints less than 100.
    private static let limit = 320

    /// Makes a head of parts that were found elsewhere.
    init(core: Int32, time: UInt64?, content: Content) {
        self.core = core
        self.time = time
        self.content = content
    }

    /// Reads a head; nil if the line has none.
    @inline(__always)
    init?(_ line: UnsafeBufferPointer<UInt8>) {
        let count = min(line.count, Self.limit)
        var place = 1
        var unknown: KernelLogHead?
        while place + 1 < count {
            guard line[place] == UInt8(ascii: ":"), line[place + 1] == 0x20,
                Self.isDigit(line[place - 1])
            else {
                place += 1
                continue
            }
            if let head = KernelLogHead(line, colon: place) {
                guard case .other = head.content else {
                    self = head
                    return
                }
                if unknown == nil { unknown = head }
            }
            place += 1
        }
        guard let unknown else { return nil }
        self = unknown
    }

    /// Reads a head whose time ends before `colon`.
    private init?(_ line: UnsafeBufferPointer<UInt8>, colon: Int) {
        var start = colon
        var dot = -1
        while start > 0, Self.isDigit(line[start - 1]) || line[start - 1] == UInt8(ascii: ".") {
            start -= 1
            if line[start] == UInt8(ascii: ".") {
                guard dot < 0 else { return nil }
                dot = start
            }
        }
        guard start > 0, line[start - 1] == 0x20, dot != start, dot != colon - 1,
            colon - start <= 24
        else { return nil }
        time = dot < 0 ? nil : Self.nanoseconds(line, start, dot, colon)
        guard let core = Self.core(line, before: start - 1) else { return nil }
        self.core = core
        content = Self.content(line, after: colon + 1)
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    static func isName(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || isDigit(byte) || byte == UInt8(ascii: "_")
    }

    /// Seconds with six or nine decimals.
    static func nanoseconds(
        _ line: UnsafeBufferPointer<UInt8>, _ start: Int, _ dot: Int, _ end: Int
    ) -> UInt64? {
        var value: UInt64 = 0
        guard dot - start <= 10, end - dot <= 10 else { return nil }
        for place in start..<dot { value = value &* 10 &+ UInt64(line[place] & 15) }
        for place in dot + 1..<dot + 10 {
            value = value &* 10 &+ (place < end ? UInt64(line[place] & 15) : 0)
        }
        return value
    }

    /// The core's number: in brackets, or before the flags where trace-cmd was asked for its short form; nil if what
    /// stands there is no head at all.
    private static func core(
        _ line: UnsafeBufferPointer<UInt8>, before end: Int
    ) -> Int32? {
        var last = end
        while last > 0, line[last - 1] == 0x20 { last -= 1 }
        guard last > 0 else { return nil }
        var place = last
        // Brackets: the last ones before the time, with nothing but one word of flags behind them.
        while place > 0, line[place - 1] != UInt8(ascii: "]"), last - place < 16 { place -= 1 }
        if place > 0, line[place - 1] == UInt8(ascii: "]") {
            if let core = number(line, endingAt: place - 1, opening: UInt8(ascii: "[")) {
                return core
            }
        }
        // `  0d.h1`: a number with flags behind it, or nothing but a task (perf -F without a core).
        var start = last
        while start > 0, line[start - 1] != 0x20 { start -= 1 }
        var digits = start
        var value: Int32 = 0
        while digits < last, isDigit(line[digits]), digits - start < 5 {
            value = value * 10 + Int32(line[digits] & 15)
            digits += 1
        }
        let flags = last - digits
        if digits > start, (4...8).contains(flags) { return value }
        // `12/34`, a process and one of its threads.
        while digits > start, digits < last,
            isDigit(line[digits]) || line[digits] == UInt8(ascii: "/")
        {
            digits += 1
        }
        return digits == last && digits > start && isDigit(line[last - 1]) ? -1 : nil
    }

    /// A number between an opening byte and `end`.
    private static func number(
        _ line: UnsafeBufferPointer<UInt8>, endingAt end: Int, opening: UInt8
    ) -> Int32? {
        var place = end
        var value: Int32 = 0
        var scale: Int32 = 1
        while place > 0, isDigit(line[place - 1]), end - place < 6 {
            place -= 1
            value += Int32(line[place] & 15) * scale
            scale *= 10
        }
        guard place > 0, place < end, line[place - 1] == opening else { return nil }
        return value
    }

    /// What follows the time.
    static func content(
        _ line: UnsafeBufferPointer<UInt8>, after colon: Int
    ) -> Content {
        var start = colon
        while start < line.count, line[start] == 0x20 { start += 1 }
        guard start < line.count else { return .other(start) }
        if line[start] == UInt8(ascii: "<") {
            return isWord("<stack trace", line, start)
                ? .stack : isWord("<user stack trace", line, start) ? .userStack : .other(start)
        }
        start = afterPeriod(line, start)
        var end = start
        var name = start
        while end < line.count,
            isName(line[end]) || line[end] == UInt8(ascii: ":")
                || line[end] == UInt8(ascii: "-") || line[end] == UInt8(ascii: ".")
        {
            // What stands before a colon with a name behind it is the system.
            if line[end] == UInt8(ascii: ":") {
                guard end + 1 < line.count, isName(line[end + 1]) else { break }
                name = end + 1
            }
            end += 1
        }
        guard end > name else { return .other(start) }
        guard end < line.count, line[end] == UInt8(ascii: ":") else {
            // perf's own records have no colon behind their names.
            if isWord("PERF_RECORD_", line, start) { return .event(name: start..<end, text: end) }
            return isWord(" <-", line, end) ? .function : .other(start)
        }
        var text = end + 1
        while text < line.count, line[text] == 0x20 { text += 1 }
        if isWord("<stack trace", line, text) { return .stack }
        return .event(name: name..<end, text: text)
    }

    /// The place behind the number of events that perf prints where it is asked to (`-F +period`): what follows it names
    /// its system.
    @inline(__always)
    private static func afterPeriod(_ line: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        guard isDigit(line[start]) else { return start }
        var place = start
        while place < line.count, isDigit(line[place]) { place += 1 }
        let end = place
        while place < line.count, line[place] == 0x20 { place += 1 }
        let name = place
        while place < line.count, isName(line[place]) { place += 1 }
        guard name > end, place > name, place + 1 < line.count, line[place] == UInt8(ascii: ":"),
            isName(line[place + 1])
        else { return start }
        return name
    }

    /// Whether a word stands at a place.
    @inline(__always)
    static func isWord(
        _ word: StaticString, _ line: UnsafeBufferPointer<UInt8>, _ place: Int
    ) -> Bool {
        let count = word.utf8CodeUnitCount
        guard line.count - place >= count else { return false }
        for index in 0..<count where line[place + index] != word.utf8Start[index] { return false }
        return true
    }

    /// Whether a part of a line is a word.
    @inline(__always)
    static func isWord(
        _ word: StaticString, _ line: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Bool {
        range.count == word.utf8CodeUnitCount && isWord(word, line, range.lowerBound)
    }
}
