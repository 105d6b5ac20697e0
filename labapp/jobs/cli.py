"""labapp jobs ..."""

import json
import signal
import threading

import click
from flask.cli import AppGroup

from labapp.jobs import services
from labapp.jobs.models import JobStatus

commands = AppGroup("jobs", help="Work off and look after the jobs.")


@commands.command()
@click.option("--once", is_flag=True, help="Work off what is due now, and stop.")
def run(*, once: bool) -> None:
    """Work off jobs until stopped; several workers may run at once."""
    if once:
        services.enqueue_periodic()
        click.echo(f"{services.run_waiting()} jobs")
        return
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    services.run_forever(stop)


@commands.command()
@click.option("--json", "as_json", is_flag=True)
def status(*, as_json: bool) -> None:
    """Print how many jobs wait, run, are done and have failed for good."""
    counts = services.count_jobs()
    dead = services.list_jobs(JobStatus.DEAD)
    if as_json:
        rows = [{"id": job.id, "name": job.name, "error": job.error} for job in dead]
        click.echo(json.dumps({"jobs": counts, "dead": rows}, ensure_ascii=False))
        return
    for name, number in counts.items():
        click.echo(f"{name}: {number}")
    for job in dead:
        click.echo(f"dead {job.id} {job.name}: {job.error}")


@commands.command()
@click.argument("job_id", type=click.IntRange(1, 2**31 - 1))
def retry(job_id: int) -> None:
    """Let a job that failed for good try again."""
    services.retry(job_id)
    click.echo(f"job {job_id} waits again")
