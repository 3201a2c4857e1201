/// How a report looks: on a phone, on a desktop, at night and on paper.
enum ReportStyle {
  /// The style sheet; it holds neither `<` nor `&`, so that it may stand in XHTML.
  static let css: Markup = """
    :root { color-scheme: light dark;
      --page: #f6f7f7; --card: #ffffff; --ink: #1b1f23; --soft: #566069; --rule: #dde1e4; --wash: #eef1f2;
      --right: #0a5c66; --right-text: #0a5c66; --wrong: #a63d0b; --wrong-text: #9c3a0a;
      --c0: #0a6e7a; --c1: #c2500f; --c2: #6a4fb3; --c3: #2f7d32; --c4: #b0306a; --c5: #8a6d00; --c6: #2563b8;
      --c7: #7a5548; }
    @media (prefers-color-scheme: dark) { :root {
      --page: #121518; --card: #1a1e22; --ink: #e7eaec; --soft: #a3adb6; --rule: #30373d; --wash: #242a2f;
      --right: #0e7581; --right-text: #66cdd8; --wrong: #b54a14; --wrong-text: #f2a071;
      --c0: #4fc3d0; --c1: #f2955e; --c2: #b19cf0; --c3: #7cc97f; --c4: #f08bb8; --c5: #d9bd4a; --c6: #82b1f2;
      --c7: #c9a596; } }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", sans-serif; }
    .page { max-width: 1120px; margin: 0 auto; padding: 0 20px 64px; }
    header { padding: 40px 0 8px; }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 4px; letter-spacing: -0.005em; }
    h3 { font-size: 1rem; margin: 22px 0 6px; }
    p { margin: 6px 0 12px; max-width: 72ch; }
    p.soft, figcaption, .soft { color: var(--soft); }
    a { color: var(--right-text); }
    nav { position: sticky; top: 0; z-index: 2; background: var(--page); border-bottom: 1px solid var(--rule);
      margin: 12px -20px 20px; padding: 0 20px; overflow-x: auto; white-space: nowrap; scrollbar-width: none; }
    nav a { display: inline-block; padding: 10px 13px 10px 0; font-size: 0.9rem; text-decoration: none; }
    nav a:hover { text-decoration: underline; }
    main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 18px; }
    section { grid-column: 1 / -1; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 22px 24px;
      scroll-margin-top: 56px; }
    section.half { grid-column: span 1; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
      margin: 20px 0 4px; padding: 0; list-style: none; }
    .tiles li { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 16px; }
    .tiles .number { display: block; font-size: 1.5rem; line-height: 1.25; font-weight: 600;
      font-variant-numeric: tabular-nums; }
    .tiles .name { font-size: 0.85rem; color: var(--soft); }
    .advice { border-left: 4px solid var(--c1); background: var(--card); border-radius: 0 10px 10px 0;
      padding: 12px 18px; margin: 16px 0 0; max-width: none; }
    .scroll { overflow-x: auto; max-width: 100%; }
    .scroll.tall { max-height: 30rem; overflow-y: auto; border: 1px solid var(--rule); border-radius: 8px; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.94rem; }
    caption { text-align: left; color: var(--soft); padding-bottom: 4px; }
    th, td { padding: 6px 18px 6px 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
    th { font-weight: 600; color: var(--soft); font-size: 0.85rem; }
    th:first-child, td:first-child, th.text, td.text { text-align: left; }
    .half th, .half td { padding-right: 12px; }
    th:last-child, td:last-child, .half th:last-child, .half td:last-child { padding-right: 0; }
    td.text { white-space: normal; overflow-wrap: anywhere; min-width: 6rem; }
    td.long { min-width: 12rem; }
    tbody th { color: var(--ink); font-size: inherit; font-weight: 500; white-space: normal; overflow-wrap: anywhere;
      min-width: 7rem; }
    tr.sum th, tr.sum td { font-weight: 600; border-bottom: 0; }
    .tall table { border-collapse: separate; border-spacing: 0; width: 100%; }
    .tall th, .tall td { padding-left: 12px; }
    .tall th:last-child, .tall td:last-child { padding-right: 12px; }
    .tall thead th { position: sticky; top: 0; background: var(--card); }
    .confusion { border-collapse: separate; border-spacing: 3px; margin: 6px 0; }
    .confusion th, .confusion td, .scroll .confusion th:last-child, .scroll .confusion td:last-child { border: 0;
      padding: 8px 6px; text-align: center; border-radius: 6px; }
    .confusion tbody th { text-align: right; min-width: 6rem; }
    .confusion thead th { max-width: 9rem; white-space: normal; overflow-wrap: anywhere; vertical-align: bottom; }
    .confusion td { min-width: 4.2rem; background: var(--wash); }
    .confusion td b { display: block; font-size: 1.15rem; line-height: 1.3; }
    .confusion td span { font-size: 0.8rem; }
    .confusion td.right { background: color-mix(in srgb, var(--right) var(--share), var(--wash)); }
    .confusion td.wrong { background: color-mix(in srgb, var(--wrong) var(--share), var(--wash)); }
    .confusion td.strong { color: #ffffff; }
    .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); gap: 8px 32px; }
    figure { margin: 8px 0; min-width: 0; }
    figcaption { font-size: 0.85rem; line-height: 1.4; margin-top: 4px; overflow-wrap: anywhere; }
    .chart { width: 100%; max-width: 520px; height: auto; display: block; }
    .chart text { fill: var(--soft); font-size: 12px; font-family: inherit; }
    .chart .title { fill: var(--ink); }
    .chart .grid { stroke: var(--rule); stroke-width: 1; }
    .chart .axis { stroke: var(--soft); stroke-width: 1; }
    .chart .diagonal { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
    .chart text.mark { paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
    .chart line.mark { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 3; }
    .chart .line { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linejoin: round; }
    .chart .line.thin { stroke-width: 1; stroke-opacity: 0.35; }
    .chart .point { fill: currentColor; }
    .chart .bar { fill: currentColor; fill-opacity: 0.75; }
    .matrix { width: 100%; max-width: 640px; height: auto; display: block; background: var(--wash); border-radius: 6px; }
    .matrix .right { fill: var(--c0); } .matrix .wrong { fill: var(--c1); }
    .c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); } .c3 { color: var(--c3); }
    .c4 { color: var(--c4); } .c5 { color: var(--c5); } .c6 { color: var(--c6); } .c7 { color: var(--c7); }
    .gray { color: var(--soft); }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 4px 0 8px; padding: 0;
      font-size: 0.85rem; color: var(--soft); }
    .key { display: inline-block; width: 18px; height: 3px; background: currentColor; margin-right: 6px;
      vertical-align: middle; border-radius: 2px; }
    .key.dot { width: 7px; height: 7px; border-radius: 50%; }
    .photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 12px; margin: 8px 0; }
    .photos.pairs { grid-template-columns: repeat(auto-fill, minmax(232px, 1fr)); gap: 18px 16px; }
    .photos figure { margin: 0; }
    .photos img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--wash); border-radius: 6px;
      display: block; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
    .verdict { display: block; color: var(--ink); }
    .verdict .wrong { color: var(--wrong-text); font-weight: 600; }
    .verdict .right { color: var(--right-text); font-weight: 600; }
    img.small { width: 64px; height: 64px; object-fit: contain; background: var(--wash); border-radius: 4px;
      display: block; }
    pre { background: var(--wash); border-radius: 8px; padding: 12px 14px; overflow-x: auto; font-size: 0.85rem;
      line-height: 1.5; margin: 6px 0 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
    code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
    details summary { cursor: pointer; color: var(--right-text); margin: 8px 0; }
    footer { color: var(--soft); font-size: 0.85rem; }
    footer { margin-top: 18px; }
    @media (max-width: 1150px) { section.half { grid-column: 1 / -1; } }
    @media (max-width: 560px) {
      .page { padding: 0 12px 40px; }
      nav { margin: 8px -12px 14px; padding: 0 12px; }
      header { padding-top: 22px; } h1 { font-size: 1.5rem; }
      section { padding: 16px 14px; }
      .tiles { grid-template-columns: 1fr 1fr; gap: 8px; } .tiles li { padding: 10px 12px; }
      .tiles .number { font-size: 1.25rem; }
      .photos { grid-template-columns: repeat(auto-fill, minmax(88px, 1fr)); gap: 8px; }
      .photos.pairs { grid-template-columns: 1fr; }
      th, td { padding-right: 12px; }
      .confusion td { min-width: 3.6rem; }
    }
    @media print {
      :root { --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --rule: #cccccc; --wash: #f0f0f0; }
      nav { display: none; } section { border: 0; padding: 0; margin-bottom: 22px; }
      figure, tr, .tiles li { break-inside: avoid; } h2, h3 { break-after: avoid; }
      .scroll, .scroll.tall { overflow: visible; max-height: none; border: 0; }
      details::details-content { content-visibility: visible; }
      main { display: block; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
    }
    """
}
