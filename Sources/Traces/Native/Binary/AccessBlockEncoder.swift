import Operations
import Quantities

/// Turns accesses, and the statements between them, into the bytes of a block of accesses.
struct AccessBlockEncoder: ~Copyable {
    /// How many records the block has.
    var count: Int { classes.bytes.count }

    private let predictor = AddressPredictor()
    private var shapes: [MemoryAccess] = []
    /// For each shape that is likely, its number: looked up before the list is searched.
    private var lastShape = 0
    private var classes = BinaryOutput()
    private var bytes = BinaryOutput()
    private var pairs = BinaryOutput()
    private var numbers = BinaryOutput()
    private var statements = StatementEncoder()

    /// Whether a statement is an access that says nothing but what ``MemoryAccess`` does.
    static func isPlain(_ body: Statement.Body, _ annotations: Annotations?) -> Bool {
        guard annotations == nil, case .operation(_, let operation) = body,
            case .access(_, .none, nil) = operation
        else { return false }
        return true
    }

    /// Whether the writer should end the block here.
    var isFull: Bool {
        count >= AccessBlockFormat.recordTarget || rawSize >= AccessBlockFormat.rawTarget
    }

    private var rawSize: Int {
        classes.bytes.count + bytes.bytes.count + pairs.bytes.count + numbers.bytes.count
            + statements.output.bytes.count
    }

    /// Appends a statement, plain access or not.
    ///
    /// - Returns: false: the block has too many shapes already; end it and add the statement to the next.
    mutating func add(_ body: Statement.Body, _ annotations: Annotations?) -> Bool {
        if Self.isPlain(body, annotations),
            case .operation(_, .access(let access, _, _)) = body
        {
            return add(access)
        }
        classes.add(byte: AccessBlockFormat.statement)
        statements.add(body, annotations)
        return true
    }

    /// Appends a plain access of a core.
    ///
    /// - Returns: false: the block has too many shapes already.
    mutating func add(_ access: MemoryAccess) -> Bool {
        guard let shape = shape(of: access) else { return false }
        var difference: UInt64 = 0
        predictor.learn(
            isFetch: access.kind == .fetch, core: access.agent.index, size: access.size,
            shape: UInt32(shape)
        ) { expected in
            difference = access.address &- expected
            return access.address
        }
        let signed = Int64(bitPattern: difference)
        let folded = UInt64(bitPattern: (signed << 1) ^ (signed >> 63))
        var code: UInt8 = 0
        switch folded {
        case 0: break
        case ..<0x100:
            code = 1
            bytes.add(byte: UInt8(folded))
        case ..<0x10000:
            code = 2
            pairs.add(fixed: UInt16(folded))
        default:
            code = 3
            numbers.add(folded)
        }
        classes.add(byte: UInt8(shape) << 2 | code)
        return true
    }

    /// The number of an access's shape; nil: there is no room for another.
    private mutating func shape(of access: MemoryAccess) -> Int? {
        var shape = access
        shape.address = 0
        if lastShape < shapes.count, shapes[lastShape] == shape { return lastShape }
        if let known = shapes.firstIndex(of: shape) {
            lastShape = known
            return known
        }
        guard shapes.count < AccessBlockFormat.shapeLimit else { return nil }
        shapes.append(shape)
        lastShape = shapes.count - 1
        return lastShape
    }

    /// Ends the block: gives its raw bytes and starts the next one.
    mutating func take() -> [UInt8] {
        var raw = BinaryOutput()
        raw.add(UInt64(shapes.count))
        for shape in shapes {
            raw.add(
                byte: shape.kind.rawValue
                    | (shape.isDependent ? AccessBlockFormat.dependent : 0))
            raw.add(byte: shape.agent.rawValue)
            raw.add(UInt64(shape.size))
        }
        raw.add(UInt64(bytes.bytes.count))
        raw.add(UInt64(pairs.bytes.count))
        raw.add(UInt64(numbers.bytes.count))
        raw.add(UInt64(statements.output.bytes.count))
        raw.add(bytes: classes.bytes)
        raw.add(bytes: bytes.bytes)
        raw.add(bytes: pairs.bytes)
        raw.add(bytes: numbers.bytes)
        raw.add(bytes: statements.output.bytes)
        predictor.reset()
        shapes.removeAll(keepingCapacity: true)
        classes.removeAll()
        bytes.removeAll()
        pairs.removeAll()
        numbers.removeAll()
        statements.reset()
        return raw.bytes
    }
}
