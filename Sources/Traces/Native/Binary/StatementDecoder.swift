import Operations
import Quantities

/// Turns the bytes of a block into statements; the opposite of ``StatementEncoder``.
///
/// It checks that the bytes have a meaning, ``ProgramChecker`` then whether the meaning is allowed.
struct StatementDecoder {
    /// The block's bytes.
    var input: BinaryInput

    private let symbolCount: Int
    private var address: UInt64 = 0
    private var programCounter: UInt64 = 0
    private var time: UInt64 = 0
    private var strings: [String] = []

    /// Starts on a block.
    init(_ input: BinaryInput, symbolCount: Int) {
        self.input = input
        self.symbolCount = symbolCount
    }

    /// Takes a statement.
    mutating func next() throws(NativeFault) -> (Statement.Body, Annotations?) {
        let place = input.position
        let byte = try input.byte()
        let isAnnotated = byte & StatementTag.annotated != 0
        guard let tag = StatementTag(rawValue: byte & ~StatementTag.annotated) else {
            throw input.fault(at: place, NativeFault.hexadecimal(byte), "the tag of a statement")
        }
        let body = try body(tag)
        return (body, isAnnotated ? try annotations() : nil)
    }

    /// Takes a name's number.
    mutating func symbol() throws(NativeFault) -> SymbolID {
        SymbolID(rawValue: UInt32(try input.number(to: UInt64(symbolCount), "name")))
    }

    /// Takes an agent.
    mutating func agent() throws(NativeFault) -> Agent { Agent(rawValue: try input.byte()) }

    /// Takes an address.
    mutating func nextAddress() throws(NativeFault) -> UInt64 {
        address = try input.number(after: address)
        return address
    }

    /// Takes a name's number and an address.
    mutating func operand() throws(NativeFault) -> Operand {
        let symbol = try symbol()
        return Operand(try nextAddress(), symbol: symbol)
    }

    /// Takes a number of 32 bits.
    mutating func size32() throws(NativeFault) -> UInt32 {
        UInt32(try input.number(to: UInt64(UInt32.max), "size"))
    }

    /// Takes a value that may be absent.
    mutating func optional() throws(NativeFault) -> UInt64? {
        try flag() ? try input.number() : nil
    }

    /// Takes a byte that is 0 or 1.
    mutating func flag() throws(NativeFault) -> Bool {
        let place = input.position
        let byte = try input.byte()
        guard byte < 2 else {
            throw input.fault(at: place, NativeFault.hexadecimal(byte), "0 or 1")
        }
        return byte == 1
    }

    /// Takes a string.
    mutating func string() throws(NativeFault) -> String {
        let number = try input.number(to: UInt64(strings.count), "string")
        if number > 0 { return strings[Int(number) - 1] }
        let text = try input.text()
        strings.append(text)
        return text
    }

    /// Takes a byte that stands for a value.
    mutating func coded<Value>(
        _ what: String, _ value: (UInt8) -> Value?
    ) throws(NativeFault) -> Value {
        let place = input.position
        let byte = try input.byte()
        guard let result = value(byte) else {
            throw input.fault(at: place, NativeFault.hexadecimal(byte), what)
        }
        return result
    }

    private mutating func body(_ tag: StatementTag) throws(NativeFault) -> Statement.Body {
        switch tag {
        case .machine, .kernel, .set, .region, .alias, .buffer, .device, .layout, .swiotlb,
            .bufferArea:
            return .declaration(try declaration(tag))
        case .repeatBegin: return .repeatBegin(count: try input.number())
        case .spanBegin: return .spanBegin(try symbol())
        case .end: return .end
        case .mark: return .mark(try string())
        case .access, .run, .copy, .work, .barrier, .maintenance, .accessor, .kernelBarrier,
            .ring, .wait, .call, .deviceOperation, .deviceCopy,
            .chain, .copyOnWrite, .environment, .vendor:
            let agent = try agent()
            return .operation(agent, try operation(tag, by: agent))
        }
    }

    private mutating func annotations() throws(NativeFault) -> Annotations {
        typealias Flag = StatementFlag
        let flags = try coded("flags of annotations") { (1...15).contains($0) ? $0 : nil }
        var result = Annotations()
        if flags & Flag.programCounter != 0 {
            programCounter = try input.number(after: programCounter)
            result.programCounter = programCounter
        }
        if flags & Flag.source != 0 {
            let file = try string()
            let line = try input.number(to: UInt64(Int32.max), "line")
            result.source = Annotations.SourceLine(file: file, line: Int(line))
        }
        if flags & Flag.function != 0 { result.function = try string() }
        if flags & Flag.time != 0 {
            let units = Vocabulary.timeUnits
            let unit = try coded("a unit of time") { byte in
                units.indices.contains(Int(byte)) ? units[Int(byte)] : nil
            }
            time = try input.number(after: time)
            result.time = Annotations.Stamp(value: time, unit: unit)
        }
        return result
    }
}
