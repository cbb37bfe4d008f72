import Hazards
import MemoryModel

extension MachineConfiguration {
    /// The errata of this machine that can lose or hide bytes, each with the machine as it would be without it.
    ///
    /// Source: Linux, arch/arm/mm/cache-l2x0.c and arch/arm/Kconfig. Of those that the model has, 753970 only costs time, and
    /// 769419 only delays what a `CACHE SYNC` would have had to wait for anyway: neither makes a right program wrong.
    var errata: [(erratum: Erratum, mended: MachineConfiguration)] {
        guard let outer = level2?.outer else { return [] }
        var result: [(Erratum, MachineConfiguration)] = []
        if outer.erratum588369 {
            var mended = self
            mended.level2?.outer?.erratum588369 = false
            result.append((.pl310CleanAndInvalidate, mended))
        }
        if outer.erratum727915 {
            var mended = self
            mended.level2?.outer?.erratum727915 = false
            result.append((.pl310BackgroundFlush, mended))
        }
        // Without pairs of linefills there is no second one.
        if outer.erratum752271, outer.doublesLinefills {
            var mended = self
            mended.level2?.outer?.erratum752271 = false
            result.append((.pl310DoubleLinefill, mended))
        }
        return result
    }
}

extension Erratum {
    fileprivate static let pl310CleanAndInvalidate = Erratum(
        name: "PL310 erratum 588369 (before r2p0)",
        effect: "clean and invalidate by address leaves a clean line where it is",
        mend:
            "clean and invalidate by two operations: l2 clean, then l2 inv (Linux: PL310_ERRATA_588369)"
    )

    fileprivate static let pl310BackgroundFlush = Erratum(
        name: "PL310 erratum 727915 (r2p0 to r3p0)",
        effect:
            "clean and invalidate by way, which goes on in the background, drops what is stored meanwhile",
        mend:
            "let nobody store while the whole cache is flushed, or flush by address (Linux: PL310_ERRATA_727915)"
    )

    fileprivate static let pl310DoubleLinefill = Erratum(
        name: "PL310 erratum 752271 (r3p0 to r3p1-50rel0)",
        effect:
            "the second line of a double linefill overwrites a dirty line without writing it back",
        mend: "switch double linefills off: l2.outer.double_linefill")
}
