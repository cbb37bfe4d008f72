import Operations
import Quantities

/// Turns statements into the bytes of a block.
///
/// Addresses, program counters and times are written as differences from the last one of the same block, strings
/// once in each block: a block can be read without those before it.
struct StatementEncoder {
    /// The bytes of the block so far.
    var output = BinaryOutput()
    /// How many statements the block has.
    private(set) var count = 0

    private var address: UInt64 = 0
    private var programCounter: UInt64 = 0
    private var time: UInt64 = 0
    private var strings: [String: UInt64] = [:]

    /// Starts the next block.
    mutating func reset() {
        output.removeAll()
        count = 0
        address = 0
        programCounter = 0
        time = 0
        strings.removeAll(keepingCapacity: true)
    }

    /// Appends a statement.
    mutating func add(_ body: Statement.Body, _ annotations: Annotations?) {
        count += 1
        let mark = annotations == nil ? 0 : StatementTag.annotated
        switch body {
        case .declaration(let declaration): add(declaration)
        case .operation(let agent, let operation):
            output.add(byte: operation.tag.rawValue | mark)
            output.add(byte: agent.rawValue)
            add(operation)
        case .repeatBegin(let count):
            add(tag: .repeatBegin)
            output.add(count)
        case .spanBegin(let symbol):
            add(tag: .spanBegin)
            add(symbol)
        case .end: add(tag: .end)
        case .mark(let text):
            add(tag: .mark)
            add(string: text)
        }
        if let annotations { add(annotations) }
    }

    /// Appends the tag of a statement without annotations.
    mutating func add(tag: StatementTag) { output.add(byte: tag.rawValue) }

    /// Appends a name's number.
    mutating func add(_ symbol: SymbolID) { output.add(UInt64(symbol.rawValue)) }

    /// Appends an address.
    mutating func add(address value: UInt64) {
        output.add(value, after: address)
        address = value
    }

    /// Appends a name's number and an address.
    mutating func add(_ operand: Operand) {
        add(operand.symbol)
        add(address: operand.address.rawValue)
    }

    /// Appends a value that may be absent: 0, or 1 and the value.
    mutating func add(optional value: UInt64?) {
        output.add(byte: value == nil ? 0 : 1)
        if let value { output.add(value) }
    }

    /// Appends a string: its number among the block's strings from 1 on, or 0 and the string itself.
    mutating func add(string: String) {
        if let number = strings[string] { return output.add(number) }
        strings[string] = UInt64(strings.count) + 1
        output.add(0)
        output.add(text: string)
    }

    private mutating func add(_ annotations: Annotations) {
        typealias Flag = StatementFlag
        var flags: UInt8 = 0
        if annotations.programCounter != nil { flags |= Flag.programCounter }
        if annotations.source != nil { flags |= Flag.source }
        if annotations.function != nil { flags |= Flag.function }
        if annotations.time != nil { flags |= Flag.time }
        output.add(byte: flags)
        if let counter = annotations.programCounter {
            output.add(counter, after: programCounter)
            programCounter = counter
        }
        if let source = annotations.source {
            add(string: source.file)
            output.add(UInt64(source.line))
        }
        if let function = annotations.function { add(string: function) }
        if let stamp = annotations.time {
            let unit = Vocabulary.timeUnits.firstIndex(of: stamp.unit) ?? 0
            output.add(byte: UInt8(unit))
            output.add(stamp.value, after: time)
            time = stamp.value
        }
    }
}
