"""`motem sample`: writes a made-up world to try Motem with."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gateway.sample.world import Made, World, write


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("sample")(sample)


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Thư mục mới · new folder")],
    children: Annotated[int, typer.Option(min=1, max=2_000_000, help="Số trẻ · children")] = 300,
    seed: Annotated[int, typer.Option(help="Hạt ngẫu nhiên · seed")] = 1,
    start: Annotated[int, typer.Option(min=2000, max=2100, help="Năm đầu · first year")] = 2022,
    noise: Annotated[float, typer.Option(min=0.0, max=10.0, help="Mức lỗi · error level")] = 1.0,
    all_sources: Annotated[
        bool, typer.Option("--all-sources", help="Cả chín nguồn · all nine, not the first four")
    ] = False,
) -> None:
    """Tạo dữ liệu mẫu, không có trẻ thật · Write made-up payloads of all sources with their truth."""
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter("Thư mục không rỗng · the folder is not empty", param_hint="DIR")
    world = World(children=children, seed=seed, start=start, noise=noise, all_sources=all_sources)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Đang ghi · writing", total=children)
        made = write(world, folder, lambda done: progress.update(task, completed=done))
    Console().print(_table(made))


def _table(made: Made) -> Table:
    table = Table(title=f"{made.children} trẻ · children")
    for column in ("Nguồn · source", "Tệp · files", "Bản ghi · records"):
        table.add_column(column, justify="right" if column[0] != "N" else "left")
    for source in sorted(made.files):
        table.add_row(source, str(made.files[source]), str(made.records[source]))
    table.add_row("Hỏng · broken", str(made.broken.total()), "")
    return table
