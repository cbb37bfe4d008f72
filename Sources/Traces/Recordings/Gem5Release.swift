import Operations

/// A gem5 release, by which the commands of a packet trace have their numbers.
///
/// The trace does not say which release wrote it, and the numbers moved four times: read in `src/mem/packet.hh` of the
/// releases v19.0 to v24.0.
public struct Gem5Release: Hashable, Sendable, CustomStringConvertible {
    /// The release's number before the dot, the year.
    public var major: Int
    /// The number behind it.
    public var minor: Int

    /// The newest whose numbers are known.
    public static let latest = Gem5Release(major: 24, minor: 0)

    /// Makes a release of numbers.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `22.1`, `v22.1` or `22.1.0.0`; nil: no release from 19.0 on.
    public init?(_ text: String) {
        let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".").map { Int($0) }
        guard parts.count >= 2, let major = parts[0], let minor = parts[1], major >= 19,
            major < 1000, minor >= 0, parts.allSatisfy({ $0 != nil })
        else { return nil }
        self.init(major: major, minor: minor)
    }

    /// `24.0`.
    public var description: String { "\(major).\(minor)" }

    /// Which of the tables of numbers holds.
    var table: Gem5CommandTable {
        switch (major, minor) {
        case (...19, _), (20, 0): .v19
        case (...21, _): .v20
        case (22, 0): .v22
        default: .v22b
        }
    }
}

/// Numbers of commands, by the first release that had them.
enum Gem5CommandTable: Int, CaseIterable {
    /// 19.0 and 20.0.
    case v19
    /// 20.1 to 21.2: with `WriteCompleteResp` and `MemSyncReq`.
    case v20
    /// 22.0: with locked read-modify-writes.
    case v22
    /// 22.1 to 24.0: with `ReadError` and `WriteError`.
    case v22b
}

/// What a packet's command is here.
enum Gem5Command {
    /// An access.
    case access(AccessKind)
    /// A load and a store of the same bytes.
    case swap
    /// A barrier of the core.
    case fence
    /// Maintenance by address.
    case maintenance(Maintenance.Instruction)
    /// Nothing that a core or a device asks for.
    case skipped(StaticString)

    /// The command with a number; nil: these releases have none.
    ///
    /// - Parameters:
    ///   - number: As the packet has it.
    ///   - table: Of which releases.
    init?(_ number: UInt64, _ table: Gem5CommandTable) {
        let place = table.rawValue
        if let row = Self.rows.first(where: { $0.numbers[place] == number }) {
            self = row.command
        } else if number > 0, number <= [45, 51, 56, 59][place] {
            self = .skipped("answers, errors and messages between caches")
        } else {
            return nil
        }
    }

    /// Requests with their numbers in the four tables; 0: the release had none.
    private static let rows: [(command: Gem5Command, numbers: [UInt64])] = [
        (.access(.load), [1, 1, 1, 1]),  // ReadReq
        (.access(.store), [4, 4, 4, 4]),  // WriteReq
        (.skipped("writebacks of caches"), [6, 7, 7, 7]),  // WritebackDirty
        (.skipped("writebacks of caches"), [7, 8, 8, 8]),  // WritebackClean
        (.skipped("writebacks of caches"), [8, 9, 9, 9]),  // WriteClean
        (.skipped("evictions that caches tell"), [9, 10, 10, 10]),  // CleanEvict
        (.access(.prefetch), [10, 11, 11, 11]),  // SoftPFReq
        (.access(.prefetch), [11, 12, 12, 12]),  // SoftPFExReq
        (.skipped("prefetches of hardware"), [12, 13, 13, 13]),  // HardPFReq
        (.access(.store), [15, 16, 16, 16]),  // WriteLineReq
        (.skipped("upgrades of caches"), [16, 17, 17, 17]),  // UpgradeReq
        (.skipped("upgrades of caches"), [17, 18, 18, 18]),  // SCUpgradeReq
        (.skipped("upgrades of caches"), [19, 20, 20, 20]),  // SCUpgradeFailReq
        (.access(.load), [21, 22, 22, 22]),  // ReadExReq
        (.access(.load), [23, 24, 24, 24]),  // ReadCleanReq
        (.access(.load), [24, 25, 25, 25]),  // ReadSharedReq
        (.access(.loadExclusive), [25, 26, 26, 26]),  // LoadLockedReq
        (.access(.storeExclusive), [26, 27, 27, 27]),  // StoreCondReq
        (.access(.load), [0, 0, 30, 30]),  // LockedRMWReadReq
        (.access(.store), [0, 0, 32, 32]),  // LockedRMWWriteReq
        (.swap, [29, 30, 34, 34]),  // SwapReq
        (.fence, [33, 34, 38, 38]),  // MemFenceReq
        (.fence, [0, 35, 39, 39]),  // MemSyncReq
        (.maintenance(.dcCVAC), [35, 38, 42, 42]),  // CleanSharedReq
        (.maintenance(.dcCIVAC), [37, 40, 44, 44]),  // CleanInvalidReq
        (.maintenance(.dcCIVAC), [44, 47, 51, 53]),  // FlushReq
        (.maintenance(.dcIVAC), [45, 48, 52, 54]),  // InvalidateReq
    ]
}
