import Operations

/// The first byte of a statement in the binary format.
///
/// Bit 7 says that annotations follow the statement.
enum StatementTag: UInt8, CaseIterable {
    case machine = 1
    case kernel = 2
    case set = 3
    case region = 4
    case alias = 5
    case buffer = 6
    case device = 7
    case repeatBegin = 8
    case spanBegin = 9
    case end = 10
    case mark = 11
    case layout = 12
    case swiotlb = 13
    case bufferArea = 14
    case access = 16
    case run = 17
    case copy = 18
    case work = 19
    case barrier = 20
    case maintenance = 21
    case accessor = 22
    case kernelBarrier = 23
    case ring = 24
    case wait = 25
    case call = 26
    case deviceOperation = 27
    case environment = 28
    case deviceCopy = 29
    case chain = 30
    case vendor = 31
    case copyOnWrite = 32

    /// The bit that says that annotations follow.
    static let annotated: UInt8 = 0x80
}

/// Bits that say which optional parts of a statement are there.
enum StatementFlag {
    static let devicePort: UInt8 = 1
    static let deviceCoherencyKnown: UInt8 = 2
    static let deviceCoherent: UInt8 = 4
    static let deviceRegisters: UInt8 = 8
    static let deviceMask: UInt8 = 16
    static let deviceAttributes: UInt8 = 32
    static let deviceReadPort: UInt8 = 64
    /// A second byte of flags follows.
    static let deviceMore: UInt8 = 128
    static let deviceIOMMU: UInt8 = 1
    static let deviceSegmentSize: UInt8 = 2
    static let deviceSegmentBoundary: UInt8 = 4
    static let devicePosted: UInt8 = 8

    static let fieldMask: UInt8 = 1
    static let fieldValue: UInt8 = 2

    static let accessKind: UInt8 = 0x0F
    static let accessDependent: UInt8 = 0x10
    static let accessValue: UInt8 = 0x20
    static let accessSymbol: UInt8 = 0x40

    static let callDevice: UInt64 = 1
    static let callOffset: UInt64 = 2
    static let callSize: UInt64 = 4
    static let callDirection: UInt64 = 8
    static let callCount: UInt64 = 16
    static let callAttributes: UInt64 = 32
    static let callPool: UInt64 = 64
    static let callAlignment: UInt64 = 128
    static let callBoundary: UInt64 = 256
    static let callSegments: UInt64 = 512
    static let callHandle: UInt64 = 1_024
    static let callDMAAddress: UInt64 = 2_048
    static let callCPUAddress: UInt64 = 4_096
    static let callFails: UInt64 = 8_192
    static let callSetting: UInt64 = 16_384

    static let transferBurst: UInt8 = 4
    static let transferValue: UInt8 = 8
    static let transferChain: UInt8 = 16
    static let transferRows: UInt8 = 32
    static let transferCycles: UInt8 = 64

    /// Whether a byte can be the flags of a device's operation.
    static func isTransfer(_ flags: UInt8) -> Bool {
        switch flags & 3 {
        case 0, 1: flags & (0x80 | transferChain) == 0
        case 2: flags & ~(2 | transferChain) == 0
        default: flags == 3
        }
    }

    static let programCounter: UInt8 = 1
    static let source: UInt8 = 2
    static let function: UInt8 = 4
    static let time: UInt8 = 8
}

extension CaseIterable where Self: Equatable {
    /// The place of this case among all, from 0: its number in the binary format.
    var place: UInt8 {
        for (place, other) in Self.allCases.enumerated() where other == self {
            return UInt8(truncatingIfNeeded: place)
        }
        return 0
    }

    /// The case at a place.
    static func at(_ place: UInt64) -> Self? {
        guard place < UInt64(allCases.count) else { return nil }
        return allCases[allCases.index(allCases.startIndex, offsetBy: Int(place))]
    }
}
