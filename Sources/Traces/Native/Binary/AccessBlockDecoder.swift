import Operations
import Quantities

/// Takes the records of a block of accesses in order; the opposite of ``AccessBlockEncoder``.
///
/// All that can be wrong with the columns is found before the first record is given: after that only numbers that do not
/// end, addresses that do not fit and the statements in between can be faulty.
final class AccessBlockDecoder {
    /// What the next record is.
    enum Next {
        case end, access, statement
    }

    /// The shapes, as accesses at address 0.
    let shapes: [MemoryAccess]
    /// How many records the block has.
    let count: Int
    /// How many records were taken.
    private(set) var taken = 0

    private let predictor: AddressPredictor
    private let raw: UnsafeBufferPointer<UInt8>
    /// A byte for each record; nil: all are statements.
    private let classes: UnsafePointer<UInt8>?
    private var columns: DifferenceColumns
    private var statements: StatementDecoder

    /// Starts on a block.
    ///
    /// - Parameters:
    ///   - raw: The block's bytes, which must outlive this value.
    ///   - count: How many records it says to have.
    ///   - isColumnar: Whether it is a block of accesses; if not, all its records are statements.
    ///   - symbolCount: How many names the file has.
    /// - Throws: what is wrong with its columns.
    init(
        _ raw: UnsafeBufferPointer<UInt8>, count: Int, isColumnar: Bool = true, symbolCount: Int
    ) throws(NativeFault) {
        self.raw = raw
        self.count = count
        predictor = AddressPredictor()
        guard let base = raw.baseAddress else {
            throw NativeFault(at: 0, found: "no bytes", expected: "those of a block")
        }
        guard isColumnar else {
            (shapes, classes) = ([], nil)
            columns = DifferenceColumns(bytes: base, pairs: base, numbers: base, end: base)
            statements = StatementDecoder(BinaryInput(raw), symbolCount: symbolCount)
            return
        }
        var input = BinaryInput(raw)
        let shapes = try Self.shapes(&input)
        self.shapes = shapes
        let limit = UInt64(raw.count)
        var sizes: [Int] = []
        for _ in 0..<4 { sizes.append(Int(try input.number(to: limit, "bytes of a column"))) }
        let start = input.position
        guard count + sizes.reduce(0, +) == raw.count - start else {
            throw input.fault(
                at: start, "\(raw.count - start) bytes of columns",
                "\(count + sizes.reduce(0, +))")
        }
        let classes = base + start
        self.classes = classes
        let bytes = classes + count
        let numbers = bytes + sizes[0] + sizes[1]
        columns = DifferenceColumns(
            bytes: bytes, pairs: bytes + sizes[0], numbers: numbers, end: numbers + sizes[2])
        statements = StatementDecoder(
            BinaryInput(UnsafeBufferPointer(start: columns.end, count: sizes[3])),
            symbolCount: symbolCount)
        try Self.check(classes, count, shapes: shapes.count, sizes, at: start)
    }

    /// What the next record is.
    var next: Next {
        if taken == count { return .end }
        guard let classes else { return .statement }
        return classes[taken] == AccessBlockFormat.statement ? .statement : .access
    }

    /// Where the statement that was taken last ends in the block's bytes.
    var statementPlace: Int { offset(of: columns.end) + statements.input.position }

    /// Takes a statement.
    ///
    /// - Precondition: ``next`` is `statement`.
    func statement() throws(NativeFault) -> (Statement.Body, Annotations?) {
        precondition(next == .statement, "a statement is next")
        taken += 1
        return try statements.next()
    }

    /// Takes accesses until there is room for no more, a statement comes or the block ends.
    ///
    /// - Returns: how many there are.
    /// - Throws: a number that does not end, or an access beyond the last address.
    func read(
        into target: UnsafeMutablePointer<MemoryAccess>, room: Int
    ) throws(NativeFault) -> Int {
        guard let classes else { return 0 }
        let first = taken
        let end = first + Swift.min(room, count - first)
        // All that the loop changes is in local variables: the compiler cannot know that the target is no part of this value.
        var columns = self.columns
        var place = first
        var isBeyond = false
        let isSound = shapes.withUnsafeBufferPointer { shapes -> Bool in
            guard let shapes = shapes.baseAddress else { return true }
            while place < end {
                let byte = classes[place]
                if byte == AccessBlockFormat.statement { break }
                guard let difference = columns.take(byte & 3) else { return false }
                let number = Int(byte &>> 2)
                var access = shapes[number]
                predictor.learn(
                    isFetch: access.kind == .fetch, core: access.agent.index, size: access.size,
                    shape: UInt32(truncatingIfNeeded: number)
                ) { expected in
                    access.address = expected &+ difference
                    return access.address
                }
                isBeyond = isBeyond || access.address > ~UInt64(access.size)
                target[place &- first] = access
                place &+= 1
            }
            return true
        }
        self.columns = columns
        taken = place
        guard isSound else {
            throw NativeFault(
                at: offset(of: columns.numbers), found: "a number that does not end",
                expected: "at most 10 bytes of the column")
        }
        guard !isBeyond else {
            throw NativeFault(
                at: offset(of: classes + first), found: "an access beyond the last address",
                expected: "one that ends below 2^64")
        }
        return taken - first
    }

    /// Checks that every column is used up.
    ///
    /// - Precondition: ``next`` is `end`.
    func finish() throws(NativeFault) {
        guard columns.numbers == columns.end else {
            throw NativeFault(
                at: offset(of: columns.numbers), found: "more numbers",
                expected: "the end of the column")
        }
        guard statements.input.isAtEnd else {
            throw NativeFault(
                at: offset(of: columns.end) + statements.input.position,
                found: "more statements", expected: "the end of the block")
        }
    }

    private func offset(of place: UnsafePointer<UInt8>) -> Int {
        raw.baseAddress.map { place - $0 } ?? 0
    }

    private static func shapes(_ input: inout BinaryInput) throws(NativeFault) -> [MemoryAccess] {
        var shapes: [MemoryAccess] = []
        let count = try input.number(to: UInt64(AccessBlockFormat.shapeLimit), "shapes")
        for _ in 0..<count {
            let place = input.position
            let byte = try input.byte()
            let agent = Agent(rawValue: try input.byte())
            let size = try input.number(to: UInt64(UInt32.max), "size")
            guard let kind = AccessKind(rawValue: byte & ~AccessBlockFormat.dependent),
                agent.rawValue < Agent.maximumCores, size > 0
            else {
                throw input.fault(at: place, "no access", "the kind, core and size of one")
            }
            let isDependent = byte & AccessBlockFormat.dependent != 0
            let isAllowed =
                switch kind {
                case .miscellaneousRead, .copyBack, .invalidate: false
                case .prefetch: size == 1
                default: true
                }
            guard isAllowed, !isDependent || kind == .load else {
                throw input.fault(at: place, "an access that no trace can say", "another")
            }
            shapes.append(
                MemoryAccess(
                    kind, at: 0, size: UInt32(size), agent: agent, isDependent: isDependent))
        }
        return shapes
    }

    /// Checks that every class byte has a shape and the two columns of fixed width the right length.
    private static func check(
        _ classes: UnsafePointer<UInt8>, _ count: Int, shapes: Int, _ sizes: [Int], at start: Int
    ) throws(NativeFault) {
        var codes = (0, 0)
        for place in 0..<count {
            let byte = classes[place]
            if byte == AccessBlockFormat.statement { continue }
            if Int(byte >> 2) >= shapes {
                throw NativeFault(
                    at: start + place, found: "shape \(byte >> 2)", expected: "below \(shapes)")
            }
            codes.0 &+= byte & 3 == 1 ? 1 : 0
            codes.1 &+= byte & 3 == 2 ? 2 : 0
        }
        guard codes == (sizes[0], sizes[1]) else {
            throw NativeFault(
                at: start, found: "columns of \(sizes[0]) and \(sizes[1]) bytes",
                expected: "\(codes.0) and \(codes.1)")
        }
    }
}

/// The columns of differences of a block of accesses, taken in order.
struct DifferenceColumns {
    /// The next of those of one byte.
    var bytes: UnsafePointer<UInt8>
    /// The next of those of two bytes.
    var pairs: UnsafePointer<UInt8>
    /// The next of those of seven bits in a byte.
    var numbers: UnsafePointer<UInt8>
    /// Where the last column ends.
    let end: UnsafePointer<UInt8>

    /// Takes the next difference of a width.
    ///
    /// - Parameter code: 0 none, 1 a byte, 2 two bytes, 3 a number.
    /// - Returns: the difference, modulo 2^64; nil: the number does not end in its column, or has more than 64 bits.
    /// - Precondition: the block's check has found as many bytes and pairs as there are codes for them.
    @inline(__always)
    mutating func take(_ code: UInt8) -> UInt64? {
        var folded: UInt64
        switch code {
        case 0: return 0
        case 1:
            folded = UInt64(bytes.pointee)
            bytes += 1
        case 2:
            folded = UInt64(pairs[0]) | UInt64(pairs[1]) &<< 8
            pairs += 2
        default:
            folded = 0
            var shift: UInt64 = 0
            while true {
                guard numbers < end else { return nil }
                let byte = numbers.pointee
                numbers += 1
                guard shift < 63 || (shift == 63 && byte < 2) else { return nil }
                folded |= UInt64(byte & 0x7F) &<< shift
                if byte < 0x80 { break }
                shift &+= 7
            }
        }
        return (folded &>> 1) ^ (0 &- (folded & 1))
    }
}
