import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Coherent memory is the same whatever keeps it coherent.
@Suite("Order: every kind of coherence")
struct OrderVariantTests {
    /// A kind of machine.
    struct Variant: CustomTestStringConvertible, Sendable {
        var name: String
        var configuration: MachineConfiguration

        var testDescription: String { name }
    }

    /// Bytes and ways of L1 and L2; small ones replace lines all the time.
    private static func machine(
        _ name: String, level1: (UInt64, Int), level2: (UInt64, Int)?, dirtyGranule: Int? = nil,
        _ change: (inout MachineConfiguration) -> Void
    ) -> Variant? {
        var inner = CacheConfiguration(size: level1.0, ways: level1.1, lineSize: 32)
        inner.dirtyGranule = dirtyGranule
        let outer = level2.map { size, ways in
            var cache = CacheConfiguration(size: size, ways: ways, lineSize: 32)
            cache.dirtyGranule = dirtyGranule
            return cache
        }
        guard
            var configuration = try? TestMachine.make({
                $0.cores = 4
                $0.level1 = inner
                $0.instructions = nil
                $0.level2 = outer
            })
        else { return nil }
        change(&configuration)
        guard configuration.allFaults().isEmpty else { return nil }
        return Variant(name: name, configuration: configuration)
    }

    private static let third = Level3Configuration(
        cache: CacheConfiguration(size: 2_048, ways: 4, lineSize: 32), missCycles: 9,
        isMemorySide: false)
    private static let tinyThird = Level3Configuration(
        cache: CacheConfiguration(size: 64, ways: 1, lineSize: 32), missCycles: 9,
        isMemorySide: false)
    private static let memorySide = Level3Configuration(
        cache: CacheConfiguration(size: 2_048, ways: 4, lineSize: 32), missCycles: 9,
        isMemorySide: true)

    /// Every way that lines may move between levels and cores, with room for all lines or for hardly any.
    static let variants: [Variant] = {
        var variants: [Variant?] = []
        let rooms: [(String, (UInt64, Int), (UInt64, Int), Level3Configuration)] = [
            ("roomy", (256, 4), (1_024, 4), third), ("tiny", (32, 1), (64, 1), tinyThird),
        ]
        let protocols: [(String, CoherenceConfiguration)] = [
            ("mesi", CoherenceConfiguration()),
            ("mesi through L2", CoherenceConfiguration(transfersDirectly: false)),
            ("mesi migrating", CoherenceConfiguration(migratesDirty: true)),
            ("moesi", CoherenceConfiguration(protocol: .moesi)),
            ("moesi migrating", CoherenceConfiguration(protocol: .moesi, migratesDirty: true)),
        ]
        for (room, inner, outer, level3) in rooms {
            for (name, coherence) in protocols {
                for granule in [nil, 16, 8] {
                    let dirty = granule.map { ", dirty by \($0)" } ?? ""
                    for inclusion in [Inclusion.none, .inclusive, .exclusive, .victim] {
                        variants.append(
                            machine(
                                "\(room) \(name), \(inclusion) L2\(dirty)", level1: inner,
                                level2: outer, dirtyGranule: granule
                            ) {
                                $0.coherence = coherence
                                $0.level2?.inclusion = inclusion
                            })
                    }
                    variants.append(
                        machine(
                            "\(room) \(name), no L2\(dirty)", level1: inner, level2: nil,
                            dirtyGranule: granule
                        ) { $0.coherence = coherence })
                    for inclusion in [Inclusion.none, .inclusive] {
                        variants.append(
                            machine(
                                "\(room) \(name), private \(inclusion) L2, L3\(dirty)",
                                level1: inner, level2: outer, dirtyGranule: granule
                            ) {
                                $0.coherence = coherence
                                $0.level2?.inclusion = inclusion
                                $0.level2?.isPrivate = true
                                $0.level3 = level3
                            })
                    }
                }
            }
        }
        return variants.compactMap { $0 }
    }()

    /// Some with room for all lines, so that lines leave the caches only where a schedule says so.
    static let forDevices: [Variant] = {
        let roomy: ((UInt64, Int), (UInt64, Int)) = ((256, 4), (1_024, 4))
        func make(_ name: String, _ change: (inout MachineConfiguration) -> Void) -> Variant? {
            machine(name, level1: roomy.0, level2: roomy.1, dirtyGranule: 16, change)
        }
        let some = [
            make("exclusive L2, migrating") {
                $0.level2?.inclusion = .exclusive
                $0.coherence.migratesDirty = true
            },
            make("victim L2, moesi") {
                $0.level2?.inclusion = .victim
                $0.coherence.protocol = .moesi
            },
            make("private L2, L3") {
                $0.level2?.isPrivate = true
                $0.level3 = third
            },
            make("L3 at memory") { $0.level3 = memorySide },
        ]
        return some.compactMap { $0 }
    }()

    @Test("The machines are there")
    func count() {
        #expect(Self.variants.count == 210)
        #expect(Self.forDevices.count == 4)
    }

    @Test("Axioms hold on each, with a coherent device, too", arguments: variants.indices)
    func agree(_ number: Int) throws {
        if number % 3 != 0 { return }
        let variant = Self.variants[number]
        try OrderAxiomsTests.agree(
            UInt64(number) &* 7_919, variant.configuration, variant.name)
    }
}
