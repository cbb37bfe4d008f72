import Quantities

/// What a trace declares before it uses it.
public enum Declaration: Hashable, Sendable {
    /// The default machine.
    case machine(String)
    /// The kernel era for the DMA API; `none` is bare metal.
    case kernel(String)
    /// An override of a machine key.
    case set(key: String, value: String)
    /// A region with attributes.
    case region(SymbolID, address: UInt64, size: UInt64, MemoryType, Shareability?)
    /// The physical bytes of a region at another address with other attributes.
    case alias(SymbolID, of: SymbolID, address: UInt64, MemoryType, Shareability?)
    /// A name for bytes, and where they lie if that is not where memory for DMA lies.
    case buffer(SymbolID, address: UInt64, size: UInt64, MemoryArea? = nil)
    /// A device.
    case device(DeviceDeclaration)
    /// How an engine reads descriptors.
    case layout(SymbolID, DescriptorLayout)
    /// Where the kernel bounces transfers that a device cannot reach.
    case swiotlb(BounceDeclaration)
}

/// The memory of the kernel's bounce buffers (`swiotlb`) as a trace declares it.
public struct BounceDeclaration: Hashable, Sendable {
    /// The first physical address.
    public var start: UInt64
    /// How many bytes the pool has; 0: the kernel has no pool.
    public var size: UInt64
    /// Whether every mapping bounces (`swiotlb=force`).
    public var isForced: Bool

    /// Makes a declaration.
    public init(start: UInt64, size: UInt64, isForced: Bool = false) {
        self.start = start
        self.size = size
        self.isForced = isForced
    }

    /// Bytes in a slot: `IO_TLB_SIZE` of include/linux/swiotlb.h.
    public static let slotSize: UInt64 = 2_048
    /// The most bytes of a pool that can be declared, 1 GiB.
    public static let maximumSize: UInt64 = 1 << 30

    /// The kernel has no pool (`swiotlb=noforce`).
    public static let none = BounceDeclaration(start: 0, size: 0)
}

/// A device as a trace declares it.
public struct DeviceDeclaration: Hashable, Sendable {
    /// Its name.
    public var name: SymbolID
    /// Its number.
    public var agent: Agent
    /// The interconnect port it sits on; nil: the machine's first.
    public var port: String?
    /// Whether the kernel believes it to be coherent (`dma-coherent`); nil: what the port is.
    public var isCoherent: Bool?
    /// Its registers.
    public var registers: ClosedRange<UInt64>?
    /// How many address bits it has; nil: 32.
    public var maskBits: Int?
    /// The sideband bits of its transactions where the trace gives them; nil: as ``isCoherent`` has it.
    public var attributes: TransactionAttributes?
    /// The port that it reads through, if that is another one than it writes through.
    public var readPort: String?
    /// Whether an IOMMU translates its addresses: then it reaches all of memory.
    public var hasIOMMU = false
    /// Whether a bridge may hold its writes back while its interrupt, on a wire of its own, is delivered.
    public var isPosted = false
    /// The most bytes of one piece of a list, as its driver says (`dma_set_max_seg_size`); nil: the kernel's 64 KiB.
    public var maximumSegmentSize: UInt32?
    /// The address bits in which one piece of a list stays, as its driver says (`dma_set_seg_boundary`).
    ///
    /// `0xffff` for a device whose counter wraps at 64 KiB; nil: the kernel's default.
    public var segmentBoundary: UInt64?

    /// Makes a declaration.
    public init(
        name: SymbolID, agent: Agent, port: String? = nil, isCoherent: Bool? = nil,
        registers: ClosedRange<UInt64>? = nil, maskBits: Int? = nil
    ) {
        self.name = name
        self.agent = agent
        self.port = port
        self.isCoherent = isCoherent
        self.registers = registers
        self.maskBits = maskBits
    }
}

/// Where a statement came from, beyond its record number.
public struct Annotations: Hashable, Sendable {
    /// The program counter (`@pc=`).
    public var programCounter: UInt64?
    /// The source file and line (`@src=`).
    public var source: SourceLine?
    /// The function (`@fn=`).
    public var function: String?
    /// The time of the record in the original trace (`@t=`).
    public var time: Stamp?

    /// A line of a source file.
    public struct SourceLine: Hashable, Sendable {
        /// The file's name as the trace gives it.
        public var file: String
        /// The line, from 1.
        public var line: Int

        /// Makes a source line.
        public init(file: String, line: Int) {
            self.file = file
            self.line = line
        }
    }

    /// A time with the unit it was given in.
    public struct Stamp: Hashable, Sendable {
        /// How many units.
        public var value: UInt64
        /// `ps`, `ns`, `us`, `ms`, `s` or `cyc`.
        public var unit: String

        /// Makes a stamp.
        public init(value: UInt64, unit: String) {
            self.value = value
            self.unit = unit
        }
    }

    /// Makes empty annotations.
    public init() {}

    /// Whether there is nothing.
    public var isEmpty: Bool { self == Annotations() }
}

/// One statement of a program.
public struct Statement: Hashable, Sendable {
    /// What it says.
    public enum Body: Hashable, Sendable {
        /// A declaration.
        case declaration(Declaration)
        /// An operation and who does it.
        case operation(Agent, Operation)
        /// `repeat N`, up to its `end`.
        case repeatBegin(count: UInt64)
        /// `span NAME`, up to its `end`.
        case spanBegin(SymbolID)
        /// The `end` of a `repeat` or `span`.
        case end
        /// `mark TEXT`.
        case mark(String)
    }

    /// What it says.
    public var body: Body
    /// The line of the file it stands on, from 1; in a binary trace the line it would have in text.
    public var line: UInt32
    /// Its annotations' place in ``Program/annotations``; -1: none.
    public var annotation: Int32

    /// Makes a statement.
    public init(_ body: Body, line: UInt32, annotation: Int32 = -1) {
        self.body = body
        self.line = line
        self.annotation = annotation
    }
}

/// The names of a program: buffers, regions, aliases, devices, handles, pools, spans.
public struct SymbolTable: Hashable, Sendable {
    /// What a name stands for.
    public enum Kind: UInt8, Hashable, Sendable {
        case buffer, region, alias, device, handle, pool, span, layout
    }

    /// One name.
    public struct Entry: Hashable, Sendable {
        /// The name.
        public var name: String
        /// What it stands for.
        public var kind: Kind
        /// The first address, for what has one.
        public var address: UInt64
        /// How many bytes, for what has bytes.
        public var size: UInt64

        /// Makes an entry.
        public init(name: String, kind: Kind, address: UInt64 = 0, size: UInt64 = 0) {
            self.name = name
            self.kind = kind
            self.address = address
            self.size = size
        }
    }

    /// All names, in order of declaration.
    public private(set) var entries: [Entry] = []
    private var places: [String: Int] = [:]

    /// Makes an empty table.
    public init() {}

    /// Adds a name.
    ///
    /// - Returns: its identifier; nil if the name is taken (spans may repeat: they give the old identifier).
    public mutating func add(_ entry: Entry) -> SymbolID? {
        if let place = places[entry.name] {
            return entry.kind == .span && entries[place].kind == .span
                ? Self.identifier(place) : nil
        }
        places[entry.name] = entries.count
        entries.append(entry)
        return Self.identifier(entries.count - 1)
    }

    /// Gives a handle's name a new meaning: loops map and unmap under one name.
    public mutating func update(_ identifier: SymbolID, to entry: Entry) {
        entries[Int(identifier.rawValue) - 1] = entry
    }

    /// Finds a name.
    public func find(_ name: String) -> SymbolID? { places[name].map(Self.identifier) }

    /// What an identifier stands for; nil for ``SymbolID/none``.
    public subscript(identifier: SymbolID) -> Entry? {
        identifier == .none ? nil : entries[Int(identifier.rawValue) - 1]
    }

    private static func identifier(_ place: Int) -> SymbolID {
        SymbolID(rawValue: UInt32(place) + 1)
    }
}

/// A whole trace in the native form.
public struct Program: Hashable, Sendable {
    /// The statements in order, declarations among them.
    public var statements: [Statement] = []
    /// The names.
    public var symbols = SymbolTable()
    /// The annotations that statements point to.
    public var annotations: [Annotations] = []
    /// The numbers of the statements in the program that this is the outline of; nil: it is whole.
    var numbers: [Int]?

    /// Makes an empty program.
    public init() {}

    /// The devices in order of their numbers.
    public var devices: [DeviceDeclaration] {
        statements.compactMap {
            if case .declaration(.device(let device)) = $0.body { device } else { nil }
        }
    }

    /// The layouts of descriptors, by their names.
    public var layouts: [(name: SymbolID, layout: DescriptorLayout)] {
        statements.compactMap {
            if case .declaration(.layout(let name, let layout)) = $0.body {
                (name, layout)
            } else {
                nil
            }
        }
    }

    /// The declarations in order.
    public var declarations: [Declaration] {
        statements.compactMap {
            if case .declaration(let declaration) = $0.body { declaration } else { nil }
        }
    }
}
