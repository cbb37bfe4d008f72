/// What a column of a CSV file holds.
public enum CSVColumn: String, CaseIterable, Hashable, Sendable {
    /// The core's number or name; of a transfer the device's name.
    case core
    /// What is done.
    case kind
    /// An address in hexadecimal, with or without `0x`.
    case address
    /// An address in decimal, or in hexadecimal with `0x`.
    case addressDecimal = "address10"
    /// How many bytes.
    case size
    /// The value, in hexadecimal with `0x` or in decimal.
    case value
    /// The program counter in hexadecimal.
    case counter = "pc"
    /// A time in nanoseconds.
    case time
    /// A time in picoseconds.
    case picoseconds = "ps"
    /// A time in microseconds.
    case microseconds = "us"
    /// A time in cycles.
    case cycles
    /// The memory's type: `wb`, `wt`, `nc`, `device`, `so`.
    case memory
    /// The memory's shareability: `nsh`, `ish`, `osh`.
    case share
    /// A column that is passed over.
    case ignored = "-"

    /// Finds a column by its name in `--columns` or in a head line; nil: no name of one.
    public init?(name: String) {
        let name = name.lowercased()
        if let exact = CSVColumn(rawValue: name) {
            self = exact
            return
        }
        switch name {
        case "cpu", "agent", "thread", "tid", "device", "master", "requestor": self = .core
        case "op", "type", "rw", "operation", "access", "cmd": self = .kind
        case "addr", "addr_hex", "paddr", "phys_addr": self = .address
        case "addr10": self = .addressDecimal
        case "bytes", "len", "length": self = .size
        case "data": self = .value
        case "ip": self = .counter
        case "ns", "timestamp", "time_ns": self = .time
        case "time_ps", "tick": self = .picoseconds
        case "time_us": self = .microseconds
        case "cycle", "cyc", "clk": self = .cycles
        case "memtype", "memory_type": self = .memory
        case "shareability": self = .share
        default: return nil
        }
    }

    /// Reads the value of `--columns`, names with commas between them.
    ///
    /// - Returns: nil if one is no name, if two hold the same, or if there is no address or no kind among them.
    public static func list(_ text: String) -> [CSVColumn]? {
        var result: [CSVColumn] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            let bare = name.drop { $0 == " " }
            guard let column = CSVColumn(name: String(bare)) else { return nil }
            guard !column.repeats(result) else { return nil }
            result.append(column)
        }
        return isComplete(result) ? result : nil
    }

    /// Whether columns are enough for an access.
    static func isComplete(_ columns: [CSVColumn]) -> Bool {
        columns.contains(.kind) && (columns.contains(.address) || columns.contains(.addressDecimal))
    }

    /// Whether one of these columns holds the same already: a row has one address and one time.
    func repeats(_ columns: [CSVColumn]) -> Bool {
        guard self != .ignored else { return false }
        return columns.contains { other in
            switch self {
            case .address, .addressDecimal: other == .address || other == .addressDecimal
            case .time, .picoseconds, .microseconds, .cycles: other.unit != nil
            default: other == self
            }
        }
    }

    /// The unit of a column of times.
    var unit: String? {
        switch self {
        case .time: "ns"
        case .picoseconds: "ps"
        case .microseconds: "us"
        case .cycles: "cyc"
        default: nil
        }
    }
}
