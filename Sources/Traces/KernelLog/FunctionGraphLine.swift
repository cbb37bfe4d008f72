/// A line of ftrace's function graph tracer, which shows events among the calls as comments.
///
/// ```
///  1)               |  dma_map_page_attrs() {
///  1)               |    /* dma_map_page: DEVICE dir=TO_DEVICE … */
///  1)   0.958 us    |    arch_sync_dma_for_device();
///  4.192714 |   1)   bash-71    |  ..s1. |   2.958 us    |  }
///  ------------------------------------------
///  1)   bash-71     =>    <idle>-0
/// ```
/// With options it has a time before it, and the task, flags and a duration in columns of their own.
struct FunctionGraphLine {
    /// The event's head; nil for a call, a return or a switch of tasks.
    var head: KernelLogHead?
    /// Where the event's text ends.
    var end = 0

    /// Reads a line; nil if it is none of these.
    @inline(__always)
    init?(_ line: UnsafeBufferPointer<UInt8>) {
        // Most lines of a log begin with a task, or with many blanks and a task.
        var place = 0
        while place < line.count, line[place] == 0x20 { place += 1 }
        guard place < line.count else { return nil }
        let first = line[place]
        guard KernelLogHead.isDigit(first) || first == UInt8(ascii: "-") else { return nil }
        self.init(line, from: place)
    }

    @inline(never)
    private init?(_ line: UnsafeBufferPointer<UInt8>, from start: Int) {
        if line[start] == UInt8(ascii: "-") {
            let isRule = line[start...].allSatisfy { $0 == UInt8(ascii: "-") || $0 == 0x20 }
            guard isRule, line.count - start >= 8 else { return nil }
            return
        }
        var place = start
        var time: UInt64?
        if let found = Self.time(line, &place) { time = found }
        var core: Int32 = 0
        let digits = place
        while place < line.count, KernelLogHead.isDigit(line[place]), place - digits < 5 {
            core = core * 10 + Int32(line[place] & 15)
            place += 1
        }
        guard place > digits, place < line.count, line[place] == UInt8(ascii: ")") else {
            return nil
        }
        guard let bar = line[place...].firstIndex(of: UInt8(ascii: "|")) else {
            // A switch from one task to another.
            return
        }
        guard let open = Self.find("/* ", line, from: bar),
            let close = Self.find(" */", line, from: open + 3)
        else { return }
        let content = KernelLogHead.content(
            UnsafeBufferPointer(rebasing: line[..<close]), after: open + 3)
        if case .event = content {
            head = KernelLogHead(core: core, time: time, content: content)
            end = close
        }
    }

    /// Seconds before a bar, past which `place` is put; nil if there are none.
    private static func time(
        _ line: UnsafeBufferPointer<UInt8>, _ place: inout Int
    ) -> UInt64? {
        var end = place
        var dot = -1
        while end < line.count, KernelLogHead.isDigit(line[end]) || line[end] == UInt8(ascii: ".") {
            if line[end] == UInt8(ascii: ".") {
                guard dot < 0 else { return nil }
                dot = end
            }
            end += 1
        }
        var bar = end
        while bar < line.count, line[bar] == 0x20 { bar += 1 }
        guard dot > place, dot < end - 1, bar < line.count, line[bar] == UInt8(ascii: "|") else {
            return nil
        }
        let time = KernelLogHead.nanoseconds(line, place, dot, end)
        place = bar + 1
        while place < line.count, line[place] == 0x20 { place += 1 }
        return time
    }

    private static func find(
        _ word: StaticString, _ line: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int? {
        guard start < line.count else { return nil }
        return (start..<line.count).first { KernelLogHead.isWord(word, line, $0) }
    }
}
