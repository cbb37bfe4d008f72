import Operations
import Quantities

/// What the tool `view` of DynamoRIO's drmemtrace prints: `RECORD INSTRUCTION: THREAD WHAT`.
struct DrmemtraceTextGrammar: RecordGrammar {
    private var state = DrmemtraceState()
    /// The name of the core that each thread was last seen on.
    private var placement: [[UInt8]: [UInt8]] = [:]
    /// The core of the record before.
    private var last: (name: [UInt8], core: Agent)?
    private static let threadLimit = 4096

    /// Whether a line is of that tool: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        if line.starts(with: Array("Output format:".utf8)) { return true }
        if line.starts(with: Array("<--record#->".utf8)) { return true }
        return head(line) != nil
    }

    /// Where the thread begins, in a line that has a record.
    private static func head(_ line: UnsafeBufferPointer<UInt8>) -> LineCursor? {
        var cursor = LineCursor(line)
        cursor.skipBlanks()
        guard (try? cursor.decimal("")) != nil, cursor.next == 0x20 else { return nil }
        cursor.skipBlanks()
        guard (try? cursor.decimal("")) != nil, cursor.accept(":") else { return nil }
        cursor.skipBlanks()
        return cursor.next == nil ? nil : cursor
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        guard var cursor = Self.head(line) else {
            output.skip("lines that are no record")
            return
        }
        var thread = cursor.position..<cursor.position
        if cursor.next != UInt8(ascii: "<") {
            thread = cursor.word()
            cursor.skipBlanks()
        }
        let beginning = cursor.position
        if cursor.accept("<") {
            try takeMarker(line, beginning, thread, into: &output)
            return
        }
        let name = cursor.word()
        cursor.skipBlanks()
        let column = cursor.column
        let size = try cursor.decimal("a number of bytes")
        cursor.skipBlanks()
        guard cursor.accept(word: "byte(s)") else { throw cursor.fault(expected: "byte(s)") }
        cursor.skipBlanks()
        try cursor.expect("@", "@ and an address")
        cursor.skipBlanks()
        let address = try cursor.hexadecimal("an address")
        try cursor.endOfField("an address in hexadecimal")
        let core = try core(line, thread, into: &output)
        if line.isWord("ifetch", name) {
            cursor.skipBlanks()
            let rest = UnsafeBufferPointer(rebasing: line[cursor.position...])
            guard !rest.starts(with: Array("non-fetched".utf8)) else {
                output.skip("instructions that were not fetched")
                return
            }
            output.records &+= 1
            try state.tellFetch(
                at: address, size: size, opcode: Self.opcode(rest), by: core, column: column,
                into: &output)
            return
        }
        if let counter = Self.counter(&cursor) { state.counters[core.index] = counter }
        output.records &+= 1
        try tell(line, name, address, size, core, column, into: &output)
    }

    private mutating func tell(
        _ line: UnsafeBufferPointer<UInt8>, _ name: Range<Int>, _ address: UInt64, _ size: UInt64,
        _ core: Agent, _ column: Int, into output: inout RecordOutput
    ) throws(LineFault) {
        if line.isWord("read", name) {
            try state.tell(
                .load, at: address, size: size, by: core, column: column, into: &output)
        } else if line.isWord("write", name) {
            try state.tell(
                .store, at: address, size: size, by: core, column: column, into: &output)
        } else if line.isWord("dflush", name) || line.isWord("iflush", name) {
            state.tellFlush(
                line.isWord("dflush", name), at: address, size: size, by: core, into: &output)
        } else if line.isWord("pref-hw", name) {
            output.skip("prefetches of hardware")
        } else if line[name].starts(with: Array("pref-i".utf8)) {
            output.skip("prefetches of instructions")
        } else if line[name].starts(with: Array("pref".utf8)) {
            try state.tell(
                .prefetch, at: address, size: size, by: core, column: column, into: &output)
        } else {
            throw LineFault(
                column: name.lowerBound + 1, found: shown(line[name]),
                expected: "ifetch, read, write, iflush, dflush or a prefetch")
        }
    }

    /// The encoding behind an instruction's address, of four bytes; nil: another length, or none.
    private static func opcode(_ rest: UnsafeBufferPointer<UInt8>) -> UInt32? {
        var cursor = LineCursor(rest)
        guard let value = try? cursor.hexadecimal("", prefix: false), cursor.isAtBlank,
            cursor.position == 8
        else { return nil }
        return UInt32(value)
    }

    /// The program counter, of `by PC 0x…`.
    private static func counter(_ cursor: inout LineCursor) -> UInt64? {
        cursor.skipBlanks()
        guard cursor.accept(word: "by") else { return nil }
        cursor.skipBlanks()
        guard cursor.accept(word: "PC") else { return nil }
        cursor.skipBlanks()
        return try? cursor.hexadecimal("")
    }

    private mutating func core(
        _ line: UnsafeBufferPointer<UInt8>, _ thread: Range<Int>, into output: inout RecordOutput
    ) throws(LineFault) -> Agent {
        if let last, line[thread].elementsEqual(last.name) { return last.core }
        let name = Array(line[thread])
        // A thread's number is no core's.
        let core = try output.core(
            named: placement[name] ?? Array("thread".utf8) + name, column: thread.lowerBound + 1)
        last = (name, core)
        return core
    }

    /// `<marker: timestamp N>`, `<marker: tid N on core N>` and others.
    private mutating func takeMarker(
        _ line: UnsafeBufferPointer<UInt8>, _ start: Int, _ thread: Range<Int>,
        into output: inout RecordOutput
    ) throws(LineFault) {
        output.skip("markers")
        let text = UnsafeBufferPointer(rebasing: line[start...])
        var cursor = LineCursor(text)
        let mark = cursor.word()
        guard text[mark].starts(with: Array("<marker:".utf8)) else { return }
        cursor.skipBlanks()
        if cursor.accept(word: "timestamp") {
            cursor.skipBlanks()
            state.time = try cursor.decimal("a time in microseconds")
        } else if cursor.accept(word: "filetype") {
            cursor.skipBlanks()
            state.takeFileType(try cursor.hexadecimal("the bits of the file's type"))
        } else if cursor.accept(word: "page") {
            _ = cursor.word()
            cursor.skipBlanks()
            _ = cursor.word()
            cursor.skipBlanks()
            if let size = try? cursor.decimal("") { state.takePageSize(size) }
        } else if let address = Self.last(text, behind: "physical address for following virtual: ")
        {
            state.takePhysical(address)
        } else if let address = Self.last(text, behind: "virtual address for prior physical: ") {
            state.takeVirtual(address, into: &output)
        } else {
            takePlacement(text, line, thread)
        }
    }

    /// The number in hexadecimal behind the words of a marker.
    private static func last(
        _ text: UnsafeBufferPointer<UInt8>, behind words: StaticString
    ) -> UInt64? {
        let start = "<marker: ".utf8.count
        let end = start + words.utf8CodeUnitCount
        guard text.count > end,
            text[start..<end].elementsEqual(
                UnsafeBufferPointer(start: words.utf8Start, count: words.utf8CodeUnitCount))
        else { return nil }
        var cursor = LineCursor(UnsafeBufferPointer(rebasing: text[end...]))
        return try? cursor.hexadecimal("")
    }

    /// `<marker: W0.T12 on core 7>`: the core that a thread is on from here.
    private mutating func takePlacement(
        _ text: UnsafeBufferPointer<UInt8>, _ line: UnsafeBufferPointer<UInt8>,
        _ thread: Range<Int>
    ) {
        let words = text.split(separator: 0x20)
        guard words.count >= 4, words[words.count - 2].elementsEqual("core".utf8),
            words[words.count - 3].elementsEqual("on".utf8)
        else { return }
        let number = words[words.count - 1].prefix { $0 >= 0x30 && $0 <= 0x39 }
        let key = Array(line[thread])
        guard !number.isEmpty, placement.count < Self.threadLimit || placement[key] != nil else {
            return
        }
        placement[key] = Array("cpu".utf8) + number
        last = nil
    }
}
